use super::super::Obstacle;
use super::*;

async fn code(server: &Server, password: &str) -> u64 {
    let (_, body) = ask(server, TENANT, &with_password("svc@contoso.com", password)).await;
    body["error_codes"][0].as_u64().unwrap_or(0)
}

#[tokio::test]
async fn what_is_in_the_way_of_a_right_password_has_its_number() {
    let (entra, server) = serving().await;
    let known = [
        (Obstacle::SecondFactor, 50_076),
        (Obstacle::SecondFactorUnset, 50_079),
        (Obstacle::PasswordExpired, 50_055),
        (Obstacle::Disabled, 50_057),
        (Obstacle::Locked, 50_053),
        (Obstacle::Federated, 50_126),
        (Obstacle::Blocked, 53_003),
        (Obstacle::Consent, 65_001),
    ];
    for (obstacle, number) in known {
        entra.set(|directory| directory.users[0].obstacle = Some(obstacle));
        assert_eq!(code(&server, "pass word").await, number, "{obstacle:?}");
    }
    entra.set(|directory| directory.users[0].obstacle = None);
    assert_eq!(code(&server, "pass word").await, 0);
}

#[tokio::test]
async fn who_tries_too_often_is_locked_out_even_with_the_right_password() {
    let (entra, server) = serving().await;
    entra.set(|directory| directory.lockout = Some(3));
    for _ in 0..2 {
        assert_eq!(code(&server, "wrong").await, 50_126);
    }
    assert_eq!(code(&server, "pass word").await, 0);
    for _ in 0..3 {
        assert_eq!(code(&server, "wrong").await, 50_126);
    }
    assert_eq!(code(&server, "pass word").await, 50_053);
}
