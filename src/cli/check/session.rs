//! What the first request of a session shows: sign-in, user, time zone, roles, the allowed rate, the clocks.

use chrono::{DateTime, TimeDelta, Utc};

use super::code;
use super::finding::{Finding, Line, Severity};
use crate::config::Connection;
use crate::source::{Allowed, Session, Told};
use crate::status::words::count;

/// More than this between the source's clock and ours is worth a finding.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// Roles that may change more than any connector needs.
const MIGHTY: [&str; 4] = ["admin", "security_admin", "System Administrator", "System Customizer"];

/// A line each.
pub(super) fn lines(connection: &Connection, session: &Session, now: DateTime<Utc>) -> Vec<Line> {
    let mut lines = vec![Line::good("sign-in", "accepted")];
    lines.push(match &session.told {
        Some(told) => user(told),
        None => Line::open(
            "session",
            "not to be read by this user: time zone and roles are not known",
        ),
    });
    lines.extend(
        session
            .allowed
            .map(|allowed| rate(connection.requests_per_minute, allowed)),
    );
    lines.extend(session.server_time.map(|theirs| clock(theirs, now)));
    lines
}

fn user(told: &Told) -> Line {
    let mut parts = vec![told.user.clone()];
    let mut findings = Vec::new();
    match told.time_zone.as_deref() {
        None => {}
        Some("") => {
            parts.push("time zone of the instance".to_owned());
            let seen = "the user has no time zone of its own, so that of the instance applies, whichever it is";
            findings.push(Finding::new(&code::USER_ZONE, Severity::Warning, seen));
        }
        Some(zone) => {
            parts.push(format!("time zone {zone}"));
            if !is_utc(zone) {
                let seen = format!("time zone {zone}");
                findings.push(Finding::new(&code::USER_ZONE, Severity::Warning, seen));
            }
        }
    }
    match &told.roles {
        None => parts.push("roles not readable".to_owned()),
        // The desk leaves out what may not be read, and says nothing of it.
        Some(roles) if roles.is_empty() => {
            parts.push("no roles to be seen: it has none, or may not read them".to_owned());
        }
        Some(roles) => {
            parts.push(format!("roles {}", roles.join(", ")));
            let mighty: Vec<&str> = MIGHTY
                .into_iter()
                .filter(|name| roles.iter().any(|role| role == name))
                .collect();
            if !mighty.is_empty() {
                let seen = format!("role {}: the user may do much more than read", mighty.join(", "));
                findings.push(Finding::new(&code::MIGHTY_USER, Severity::Info, seen));
            }
        }
    }
    Line::of("session", parts.join(" · "), findings)
}

fn is_utc(zone: &str) -> bool {
    [
        "gmt",
        "utc",
        "etc/gmt",
        "etc/utc",
        "zulu",
        "etc/zulu",
        "universal",
        "etc/universal",
        "greenwich",
    ]
    .contains(&zone.to_ascii_lowercase().as_str())
}

fn rate(per_minute: u32, allowed: Allowed) -> Line {
    match allowed {
        Allowed::Left(left) => Line::good(
            "rate",
            format!("{} requests are left in these five minutes", count(left)),
        ),
        Allowed::Hourly(hourly) => {
            let ours = u64::from(per_minute) * 60;
            let told = format!(
                "{} requests an hour are allowed; itsmd sends at most {}",
                count(hourly),
                count(ours)
            );
            if hourly >= ours {
                return Line::good("rate", told);
            }
            let mut finding = Finding::new(&code::LOW_RATE, Severity::Warning, told);
            finding.remedy = format!(
                "set `requests_per_minute = {}`, or have the rate rule of this user raised (sys_rate_limit_rules)",
                (hourly / 60).max(1)
            );
            Line::found("rate", finding)
        }
    }
}

fn clock(theirs: DateTime<Utc>, now: DateTime<Utc>) -> Line {
    let apart = (theirs - now).abs();
    if apart <= CLOCK_TOLERANCE {
        let told = match apart.num_seconds() {
            0..=2 => "the same as here".to_owned(),
            seconds => format!("{seconds} s apart"),
        };
        return Line::good("clock", told);
    }
    let seen = format!(
        "{} there, {} here",
        theirs.format("%Y-%m-%d %H:%M:%S UTC"),
        now.format("%Y-%m-%d %H:%M:%S UTC")
    );
    Line::found("clock", Finding::new(&code::CLOCKS, Severity::Warning, seen))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-20T10:00:00Z".parse().unwrap()
    }

    fn codes(line: &Line) -> Vec<&'static str> {
        line.findings.iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn a_zone_beside_utc_and_an_administrator_are_found() {
        let told = |zone: &str, roles: &[&str]| Told {
            user: "itsmd".into(),
            time_zone: Some(zone.into()),
            roles: Some(roles.iter().map(|role| (*role).to_owned()).collect()),
        };
        assert_eq!(codes(&user(&told("GMT", &["itil", "snc_read_only"]))), [""; 0]);
        let unset = user(&told("", &[]));
        assert_eq!(codes(&unset), ["ITSMD-CK-015"]);
        assert!(
            unset.good.ends_with("it has none, or may not read them"),
            "{}",
            unset.good
        );
        let found = user(&told("US/Pacific", &["admin"]));
        assert_eq!(codes(&found), ["ITSMD-CK-015", "ITSMD-CK-016"]);
        assert_eq!(found.good, "itsmd · time zone US/Pacific · roles admin");
    }

    #[test]
    fn a_limit_below_our_rate_is_a_warning_that_names_the_rate_to_set() {
        assert_eq!(codes(&rate(60, Allowed::Hourly(3600))), [""; 0]);
        let found = rate(60, Allowed::Hourly(1000));
        assert_eq!(codes(&found), ["ITSMD-CK-014"]);
        assert!(found.findings[0].remedy.contains("requests_per_minute = 16"));
    }

    #[test]
    fn clocks_that_differ_by_more_than_five_minutes_are_a_warning() {
        assert_eq!(codes(&clock(now() + TimeDelta::minutes(5), now())), [""; 0]);
        assert_eq!(codes(&clock(now() - TimeDelta::minutes(6), now())), ["ITSMD-CK-009"]);
    }
}
