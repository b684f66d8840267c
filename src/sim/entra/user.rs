//! Signing a user in by name and password, and what can be in the way although both are right.

use axum::http::StatusCode;

use super::directory::{Directory, Obstacle, User};
use super::grant::Params;
use super::refusal::Refusal;

/// The name of the user who signed in, as the directory spells it.
pub(super) fn sign_in(directory: &mut Directory, tenant: &str, params: &Params) -> Result<String, Refusal> {
    let (Some(username), Some(password)) = (&params.username, &params.password) else {
        let text = "The request body must contain the following parameters: 'username' and 'password'.";
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "invalid_request", 900_144, text));
    };
    let lockout = directory.lockout;
    let Some(user) = directory.user_in(tenant, username) else {
        return Err(refused(50034, "The user account does not exist in the directory."));
    };
    if lockout.is_some_and(|most| user.failures >= most) {
        return Err(in_the_way(Obstacle::Locked));
    }
    if user.obstacle == Some(Obstacle::Federated) {
        return Err(in_the_way(Obstacle::Federated));
    }
    if user.password != *password {
        user.failures += 1;
        return Err(refused(
            50126,
            "Error validating credentials due to invalid username or password.",
        ));
    }
    user.failures = 0;
    admitted(user)
}

fn admitted(user: &User) -> Result<String, Refusal> {
    if user.mfa {
        return Err(in_the_way(Obstacle::SecondFactor));
    }
    user.obstacle
        .map_or_else(|| Ok(user.username.clone()), |obstacle| Err(in_the_way(obstacle)))
}

fn refused(code: u32, text: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "invalid_grant", code, text)
}

fn in_the_way(obstacle: Obstacle) -> Refusal {
    match obstacle {
        Obstacle::SecondFactor => refused(
            50076,
            "You must use multi-factor authentication to access the resource.",
        ),
        Obstacle::SecondFactorUnset => refused(
            50079,
            "Due to a configuration change made by your administrator, you must enroll in multi-factor authentication \
             to access the resource.",
        ),
        Obstacle::PasswordExpired => refused(50055, "The password is expired."),
        Obstacle::Disabled => refused(50057, "The user account is disabled."),
        Obstacle::Locked => refused(
            50053,
            "The account is locked, you've tried to sign in too many times with an incorrect user ID or password.",
        ),
        Obstacle::Federated => refused(
            50126,
            "Error validating credentials: the user's domain is federated and its password is not known here.",
        ),
        Obstacle::Blocked => refused(53003, "Access has been blocked by Conditional Access policies."),
        Obstacle::Consent => refused(
            65001,
            "The user or administrator has not consented to use the application.",
        ),
    }
}
