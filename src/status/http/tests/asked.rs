use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::*;

const TOKEN: &str = "correct-horse-battery-staple";

/// A server with a token, and what was asked of it.
struct Obedient {
    server: Server,
    asked: Arc<Mutex<Vec<String>>>,
    token: Arc<Mutex<String>>,
    is_on: Arc<AtomicBool>,
}

fn now() -> DateTime<Utc> {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

impl Obedient {
    async fn start() -> Self {
        let (asked, token) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(TOKEN.to_owned())));
        let is_on = Arc::new(AtomicBool::new(true));
        let (syncs, resyncs, known, on) = (
            Arc::clone(&asked),
            Arc::clone(&asked),
            Arc::clone(&token),
            Arc::clone(&is_on),
        );
        let views = Views::new(
            || async { Ok(report(vec![stream()])) },
            || async { vec![] },
            || async { vec![] },
            Arc::new(Metrics::new(chrono::Utc::now())),
        )
        .with_asks(Asks {
            token: Box::new(move || match known.lock().unwrap().as_str() {
                "gone" => ControlToken::Unreadable("secret file /etc/token: not there".to_owned()),
                token => ControlToken::Is(SecretString::from(token)),
            }),
            is_on: Box::new(move || on.load(Ordering::Relaxed)),
            sync: Box::new(move |()| {
                syncs.lock().unwrap().push("sync".to_owned());
                Box::pin(async { Ok(()) })
            }),
            resync: Box::new(move |since| {
                resyncs.lock().unwrap().push(format!("resync {since:?}"));
                let full = since == Some("2026-11-02T00:00:00Z".parse().unwrap());
                Box::pin(async move {
                    if full {
                        Err("the disk is full".to_owned())
                    } else {
                        Ok(())
                    }
                })
            }),
            now,
        });
        Self {
            server: start(views).await,
            asked,
            token,
            is_on,
        }
    }

    async fn post(&self, path: &str, headers: &str, body: &str) -> String {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}",
            self.server.address,
            body.len()
        );
        self.server.say(&request).await
    }

    async fn form(&self, path: &str, body: &str) -> String {
        let headers = format!(
            "Content-Type: application/x-www-form-urlencoded\r\n{}",
            self.own_headers()
        );
        self.post(path, &headers, body).await
    }

    /// What a browser sends with a form of the page.
    fn own_headers(&self) -> String {
        format!(
            "Accept: text/html,*/*\r\nOrigin: http://{}\r\nSec-Fetch-Site: same-origin\r\n",
            self.server.address
        )
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

#[tokio::test]
async fn a_form_with_the_token_acts_and_leads_back_to_the_page() {
    let obedient = Obedient::start().await;
    let answer = obedient.form("/api/sync", &format!("token={TOKEN}")).await;
    assert_eq!(status(&answer), "303");
    assert!(answer.contains("location: ../?said=sync"), "{answer}");
    assert_eq!(obedient.asked(), ["sync"]);
    let answer = obedient
        .form("/api/resync", &format!("since=2026-11-01&token={TOKEN}"))
        .await;
    assert!(answer.contains("location: ../?said=resync"), "{answer}");
    assert_eq!(obedient.asked(), ["resync Some(2026-11-01T00:00:00Z)"]);
    let answer = obedient.form("/api/resync", &format!("since=&token={TOKEN}")).await;
    assert_eq!(
        (status(&answer), obedient.asked()),
        ("303", vec!["resync None".to_owned()])
    );
}

#[tokio::test]
async fn a_program_with_the_token_acts_and_is_told_so() {
    let obedient = Obedient::start().await;
    let bearer = format!("Authorization: Bearer {TOKEN}\r\n");
    let answer = obedient.post("/api/sync", &bearer, "").await;
    assert_eq!((status(&answer), body(&answer)), ("202", r#"{"asked":"sync"}"#));
    let form = format!("{bearer}Content-Type: application/x-www-form-urlencoded\r\n");
    let answer = obedient
        .post("/api/resync", &form, "since=2026-11-01T08:00:00%2B01:00")
        .await;
    assert_eq!(status(&answer), "202");
    assert_eq!(obedient.asked(), ["sync", "resync Some(2026-11-01T07:00:00Z)"]);
    // A proxy's own sign-in is no token.
    let answer = obedient
        .post("/api/sync", "Authorization: Basic aXRzbWQ6eA==\r\n", "")
        .await;
    assert_eq!(status(&answer), "401");
    assert!(answer.contains("www-authenticate: Bearer"));
}

#[tokio::test]
async fn a_wrong_token_is_told_in_words_and_never_locks_the_right_one_out() {
    let obedient = Obedient::start().await;
    let wrong = obedient.form("/api/sync", "token=correct-horse-battery-stable").await;
    assert_eq!(status(&wrong), "403");
    assert!(
        wrong.contains("content-type: text/html") && body(&wrong).contains("control_token"),
        "{wrong}"
    );
    assert!(!wrong.contains("stable") && !wrong.contains(TOKEN));
    let deadline = Instant::now() + DEADLINE;
    loop {
        let hasty = obedient.form("/api/sync", "token=correct-horse-battery-cable").await;
        if status(&hasty) == "429" {
            assert!(hasty.contains("retry-after: 1") && body(&hasty).contains("one a second"));
            break;
        }
        assert_eq!(status(&hasty), "403");
        assert!(Instant::now() < deadline);
    }
    assert_eq!(obedient.asked(), [""; 0]);
    let right = obedient.form("/api/sync", &format!("token={TOKEN}")).await;
    assert_eq!((status(&right), obedient.asked()), ("303", vec!["sync".to_owned()]));
    let none = obedient.post("/api/sync", "", "").await;
    assert_eq!(status(&none), "401");
    assert!(none.contains("content-type: text/plain"), "no browser asked: {none}");
}

#[tokio::test]
async fn where_no_token_is_configured_there_is_nothing() {
    let obedient = Obedient::start().await;
    obedient.is_on.store(false, Ordering::Relaxed);
    for path in ["/api/sync", "/api/resync"] {
        let answer = obedient.form(path, &format!("token={TOKEN}")).await;
        assert_eq!((status(&answer), obedient.asked().len()), ("404", 0));
        assert_eq!(status(&obedient.server.get(path).await), "404");
    }
    let without = server(&[]).await;
    assert_eq!(status(&without.ask("POST", "/api/sync", "localhost").await), "404");
    assert!(!body(&without.get("/?said=sync").await).contains("Asked to sync"));
}

#[tokio::test]
async fn what_another_site_sends_is_refused_whatever_it_carries() {
    let obedient = Obedient::start().await;
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let right = format!("token={TOKEN}");
    for foreign in [
        "Origin: http://evil.example\r\nSec-Fetch-Site: cross-site\r\n",
        "Origin: http://evil.example\r\n",
        "Origin: null\r\n",
        "Sec-Fetch-Site: same-site\r\n",
    ] {
        let answer = obedient.post("/api/sync", &format!("{form}{foreign}"), &right).await;
        assert_eq!(status(&answer), "403", "{foreign}");
        assert!(body(&answer).contains("another site"));
    }
    let elsewhere = format!(
        "POST /api/sync HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\nContent-Length: {}\r\n{form}\r\n{right}",
        right.len()
    );
    assert_eq!(status(&obedient.server.say(&elsewhere).await), "421");
    assert_eq!(obedient.asked(), [""; 0]);
}

#[tokio::test]
async fn what_is_no_short_form_is_refused() {
    let obedient = Obedient::start().await;
    let bearer = format!("Authorization: Bearer {TOKEN}\r\n");
    let json = obedient
        .post(
            "/api/sync",
            &format!("{bearer}Content-Type: application/json\r\n"),
            "{}",
        )
        .await;
    assert_eq!(status(&json), "415");
    let plain = obedient
        .post("/api/sync", &format!("{bearer}Content-Type: text/plain\r\n"), "token=x")
        .await;
    assert_eq!(status(&plain), "415");
    let long = obedient
        .form("/api/sync", &format!("token={}", "x".repeat(5_000)))
        .await;
    assert_eq!(status(&long), "413");
    for since in ["yesterday", "2026-12-01"] {
        let answer = obedient
            .form("/api/resync", &format!("token={TOKEN}&since={since}"))
            .await;
        assert_eq!(status(&answer), "400", "{since}");
        assert!(body(&answer).contains("Nothing was done"), "{answer}");
    }
    let put = obedient.server.ask("PUT", "/api/sync", "localhost").await;
    assert_eq!(status(&put), "405");
    assert_eq!(obedient.asked(), [""; 0]);
}

#[tokio::test]
async fn what_is_mistyped_is_never_taken_for_everything() {
    let obedient = Obedient::start().await;
    let bearer = format!("Authorization: Bearer {TOKEN}\r\nContent-Type: application/x-www-form-urlencoded\r\n");
    for (path, body_sent, told) in [
        ("/api/resync", "sinc=2026-11-01", "The fields of the form are"),
        ("/api/resync", "since=2026-11-01&days=3", "The fields of the form are"),
        ("/api/resync", "since=", "leave it out"),
        ("/api/resync", "since=+", "leave it out"),
        ("/api/resync?since=2026-11-01", "", "send it as a form"),
        ("/api/sync?token=x", "", "send it as a form"),
        ("/api/sync", "since=2026-11-01", "A sync has no"),
        ("/api/sync", "connection=contoso", "The fields of the form are"),
    ] {
        let answer = obedient.post(path, &bearer, body_sent).await;
        assert_eq!(status(&answer), "400", "{path} {body_sent}");
        assert!(
            body(&answer).contains(told) && body(&answer).contains("Nothing was done"),
            "{answer}"
        );
    }
    assert_eq!(obedient.asked(), [""; 0]);
}

#[tokio::test]
async fn a_token_that_cannot_be_used_and_an_ask_that_fails_say_why() {
    let obedient = Obedient::start().await;
    let failed = obedient
        .form("/api/resync", &format!("token={TOKEN}&since=2026-11-02"))
        .await;
    assert_eq!(status(&failed), "503");
    assert!(body(&failed).contains("the disk is full"));
    "gone".clone_into(&mut obedient.token.lock().unwrap());
    let gone = obedient.form("/api/sync", &format!("token={TOKEN}")).await;
    assert_eq!(status(&gone), "503");
    assert!(body(&gone).contains("/etc/token: not there"));
    "short".clone_into(&mut obedient.token.lock().unwrap());
    let short = obedient.form("/api/sync", "token=short").await;
    assert_eq!(status(&short), "503");
    assert!(body(&short).contains("at least 16"));
    // It is read at each use.
    "another-long-enough-one".clone_into(&mut obedient.token.lock().unwrap());
    assert_eq!(
        status(&obedient.form("/api/sync", "token=another-long-enough-one").await),
        "303"
    );
}
