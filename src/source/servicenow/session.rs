//! Who the user is to the instance: name, time zone and roles, where it may read them.
//!
//! Two small requests that need no right but to come in: whatever is not shown is left open, and says nothing about the
//! tables.

use std::collections::BTreeSet;

use percent_encoding::utf8_percent_encode;
use serde::Deserialize;

use super::answer::is_blocked;
use super::{QUERY, ServiceNow, codes};
use crate::net::http::{HeaderValue, StatusCode, header};
use crate::net::{Answer, Judgement, Lane, Request};
use crate::source::{Allowed, Session, SourceError, Told};

/// The instance's own word for whoever asks.
const MYSELF: &str = "javascript:gs.getUserID()";

/// More roles than this are not worth reading.
const MOST_ROLES: u32 = 200;

#[derive(Deserialize)]
struct Rows<T> {
    result: Vec<T>,
}

#[derive(Deserialize)]
struct User {
    user_name: String,
    #[serde(default)]
    time_zone: Option<String>,
}

#[derive(Deserialize)]
struct Role {
    #[serde(rename = "role.name")]
    name: String,
}

impl ServiceNow {
    /// Comes in and asks who we are; fails only where nobody gets in, or nothing of use is there.
    pub(in crate::source) async fn who_am_i(&self) -> Result<Session, SourceError> {
        let answer = self
            .ask_plainly("sys_user", &format!("sys_id={MYSELF}"), "user_name,time_zone", 2)
            .await?;
        let mut session = Session {
            told: None,
            allowed: answer
                .header("x-ratelimit-limit")
                .and_then(|limit| limit.trim().parse().ok())
                .map(Allowed::Hourly),
            server_time: answer.date(),
        };
        // Two rows: the instance left the condition out, and neither need be ours.
        let users = rows::<User>(&answer).unwrap_or_default();
        let [user] = users.as_slice() else {
            return Ok(session);
        };
        let query = format!("user={MYSELF}");
        let roles = self
            .ask_plainly("sys_user_has_role", &query, "role.name", MOST_ROLES)
            .await;
        let roles = roles.ok().and_then(|answer| rows::<Role>(&answer));
        session.told = Some(Told {
            user: user.user_name.clone(),
            time_zone: user.time_zone.clone(),
            roles: roles.map(|roles| {
                let names: BTreeSet<String> = roles.into_iter().map(|role| role.name).collect();
                names.into_iter().collect()
            }),
        });
        Ok(session)
    }

    /// Any answer but a page of HTML, with raw values.
    async fn ask_plainly(&self, table: &str, query: &str, fields: &str, limit: u32) -> Result<Answer, SourceError> {
        let encode = |text: &str| utf8_percent_encode(text, QUERY).to_string();
        let url = format!(
            "{}/api/now/v2/table/{table}?sysparm_query={}&sysparm_fields={}&sysparm_limit={limit}\
             &sysparm_display_value=false&sysparm_exclude_reference_link=true&sysparm_suppress_pagination_header=true",
            self.server_url,
            encode(query),
            encode(fields),
        );
        let request = Request::get(url)
            .header(header::ACCEPT, HeaderValue::from_static("application/json"))
            .counted_in(&self.asked);
        let seen = |answer: &Answer| format!("GET {}/api/now/v2/table/{table}: {}", self.server_url, answer.words());
        let judge = |answer: &Answer| match answer.status {
            StatusCode::OK if answer.is_html() => Judgement::Retry(codes::HTML.retry(seen(answer))),
            _ if is_blocked(answer) => Judgement::Fail(codes::BLOCKED.stop(seen(answer))),
            _ => Judgement::Accept,
        };
        let answer = self
            .client
            .send(Lane::Head, self.credentials.as_ref(), &request, &judge)
            .await?;
        Ok(answer)
    }
}

fn rows<T: for<'de> Deserialize<'de>>(answer: &Answer) -> Option<Vec<T>> {
    if answer.status != StatusCode::OK {
        return None;
    }
    // A row without the field, because it may not be read, is as good as none.
    serde_json::from_slice::<Rows<T>>(&answer.body)
        .ok()
        .map(|rows| rows.result)
}
