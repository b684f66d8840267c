//! What happens to a sign-in on the other side: it is withdrawn, it comes back, its tokens end.

use std::time::Duration;

use itsmd::sim::entra::machine::Assigned;
use itsmd::sim::entra::{Entra, Obstacle};

use super::clock;
use super::method::Method;
use super::place::{NAME, Place, take_assertions, trust};
use super::wire::Whom;

/// Takes it away for good, from whoever does it: to be called from anywhere.
pub fn withdraw(place: &Place) -> impl FnOnce() + Send + 'static {
    let (method, desk, machine) = (place.method, place.desk.clone(), place.machine.clone());
    let entras = place.entras.clone();
    move || {
        let disable = |entra: &Entra| {
            entra.set(|directory| {
                directory.applications.iter_mut().for_each(|one| one.disabled = true);
            });
            entra.tokens().revoke_all();
        };
        match method {
            Method::Basic | Method::OauthPassword => {
                desk.change_user(NAME, |user| user.active = false);
                desk.revoke_tokens(true);
            }
            Method::ApiKey => desk.revoke_api_key("right"),
            Method::OauthClientCredentials => {
                desk.change_client(NAME, |client| client.active = false);
                desk.revoke_tokens(true);
            }
            Method::OauthRefresh => desk.revoke_tokens(true),
            Method::OauthJwtBearer => {
                desk.change_client(NAME, |client| client.jwt = None);
                desk.revoke_tokens(true);
            }
            Method::EntraSecret | Method::EntraCertificate => desk.trust_nobody(),
            Method::ProvanceSecret | Method::ProvanceCertificate => disable(&entras[0]),
            Method::ProvancePassword => {
                entras[0].set(|directory| directory.users[0].obstacle = Some(Obstacle::Disabled));
                entras[0].tokens().revoke_all();
            }
            Method::ClientSecret | Method::ClientCertificate | Method::WorkloadIdentity => disable(&entras[1]),
            Method::ManagedIdentity => {
                machine.set(|setting| setting.identities.clear());
                entras[1].tokens().revoke_all();
            }
        }
    }
}

/// Gives it back.
pub fn restore(place: &Place) {
    place.desk.change_user(NAME, |user| user.active = true);
    place.desk.change_client(NAME, |client| client.active = true);
    for entra in &place.entras {
        entra.set(|directory| {
            directory.applications.iter_mut().for_each(|one| one.disabled = false);
            directory.users[0].obstacle = None;
        });
    }
    match place.method {
        Method::ApiKey => place.desk.api_key("right", NAME, None),
        Method::OauthRefresh => {
            let again = place.desk.hand_out_refresh_token(NAME, NAME);
            place.secrets.write("refresh", &again);
        }
        Method::OauthJwtBearer => take_assertions(&place.desk),
        Method::EntraSecret | Method::EntraCertificate => trust(&place.desk, &place.entras[0]),
        Method::ManagedIdentity => place
            .machine
            .set(|setting| setting.identities.push(Assigned::system(NAME))),
        Method::Basic
        | Method::OauthPassword
        | Method::OauthClientCredentials
        | Method::ProvanceSecret
        | Method::ProvanceCertificate
        | Method::ProvancePassword
        | Method::ClientSecret
        | Method::ClientCertificate
        | Method::WorkloadIdentity => {}
    }
}

/// How long tokens live from now on.
pub fn live(place: &Place, life: Duration) {
    place.desk.token_life(life);
    place
        .entras
        .iter()
        .for_each(|entra| entra.set(|directory| directory.ttl = life));
    place.machine.set(|setting| setting.ttl = life);
}

/// Ends what was handed out, or what is shown if that is always the same; another can be had at once.
pub fn end(place: &Place) -> impl FnOnce() + Send + 'static {
    let (method, desk, machine) = (place.method, place.desk.clone(), place.machine.clone());
    let (entras, wire) = (place.entras.clone(), place.wire.clone());
    move || match method {
        Method::Basic => desk.change_user(NAME, |user| user.password = "another".to_owned()),
        Method::ApiKey => desk.api_key("right", NAME, Some(clock::now())),
        Method::ManagedIdentity => {
            // What it holds to give again ends with it.
            machine.set(|_| {});
            entras[1].tokens().revoke_all();
        }
        // An instance only sees the token itself: it does not take that one any more.
        Method::EntraSecret | Method::EntraCertificate => wire.end_the_next_of(Whom::Desk),
        Method::OauthPassword | Method::OauthClientCredentials | Method::OauthRefresh | Method::OauthJwtBearer => {
            desk.revoke_tokens(false);
        }
        Method::ProvanceSecret | Method::ProvanceCertificate | Method::ProvancePassword => {
            entras[0].tokens().revoke_all();
        }
        Method::ClientSecret | Method::ClientCertificate | Method::WorkloadIdentity => entras[1].tokens().revoke_all(),
    }
}
