//! Who we are to the environment: `WhoAmI`, and where it may be read the user's name and roles.

use serde::Deserialize;

use super::{Dataverse, codes};
use crate::net::http::{HeaderValue, StatusCode, header};
use crate::net::{Answer, Judgement, Lane, Request};
use crate::source::{Allowed, Session, SourceError, Told};

/// Requests that are left in the current 300 seconds.
const LEFT: &str = "x-ms-ratelimit-burst-remaining-xrm-requests";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WhoAmI {
    user_id: String,
}

#[derive(Deserialize)]
struct User {
    #[serde(default)]
    fullname: Option<String>,
}

#[derive(Deserialize)]
struct Rows<T> {
    value: Vec<T>,
}

#[derive(Deserialize)]
struct Role {
    name: String,
}

impl Dataverse {
    /// Comes in and asks who we are; fails only where nobody gets in, or nothing of use is there.
    pub(in crate::source) async fn who_am_i(&self) -> Result<Session, SourceError> {
        let answer = self.ask_plainly("WhoAmI").await?;
        let mut session = Session {
            told: None,
            allowed: answer
                .header(LEFT)
                .and_then(|left| left.trim().parse().ok())
                .map(Allowed::Left),
            server_time: answer.date(),
        };
        let Some(WhoAmI { user_id }) = read(&answer) else {
            return Ok(session);
        };
        let user = self
            .ask_plainly(&format!("systemusers({user_id})?$select=fullname"))
            .await;
        let name = user.ok().and_then(|answer| read::<User>(&answer)?.fullname);
        let roles = format!("systemusers({user_id})/systemuserroles_association?$select=name");
        let roles = self.ask_plainly(&roles).await.ok();
        let roles = roles.and_then(|answer| read::<Rows<Role>>(&answer));
        session.told = Some(Told {
            user: name.unwrap_or(user_id),
            time_zone: None,
            roles: roles.map(|roles| {
                let mut names: Vec<String> = roles.value.into_iter().map(|role| role.name).collect();
                names.sort();
                names.dedup();
                names
            }),
        });
        Ok(session)
    }

    async fn ask_plainly(&self, path: &str) -> Result<Answer, SourceError> {
        let request = Request::get(format!("{}/api/data/v9.2/{path}", self.server_url))
            .header(header::ACCEPT, HeaderValue::from_static("application/json"))
            .counted_in(&self.asked);
        let seen = |answer: &Answer| format!("GET {}/api/data/v9.2/{path}: {}", self.server_url, answer.words());
        let judge = |answer: &Answer| match answer.status {
            StatusCode::OK if answer.is_html() => Judgement::Retry(codes::HTML.retry(seen(answer))),
            status if status.is_client_error() && is_no_user(answer) => {
                Judgement::Fail(codes::NO_USER.stop(seen(answer)))
            }
            _ => Judgement::Accept,
        };
        let answer = self
            .client
            .send(Lane::Head, self.credentials.as_ref(), &request, &judge)
            .await?;
        Ok(answer)
    }
}

/// `0x80072560`: `The user is not a member of the organization.`
pub(super) fn is_no_user(answer: &Answer) -> bool {
    let message = answer.message();
    message.contains("0x80072560") || message.contains("not a member of the organization")
}

fn read<T: for<'de> Deserialize<'de>>(answer: &Answer) -> Option<T> {
    if answer.status != StatusCode::OK {
        return None;
    }
    serde_json::from_slice(&answer.body).ok()
}
