//! Endpoints that hang, are down or want to be left alone.

use super::*;

/// Takes connections and says nothing.
async fn mute() -> (tokio::net::TcpListener, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

#[tokio::test]
async fn nobody_waits_for_a_renewal_while_the_token_holds() {
    let directory = tempfile::tempdir().unwrap();
    let granted = r#"{"access_token":"first","expires_in":3600,"refresh_in":0}"#;
    let (_endpoint, url) = Endpoint::start(&[(200, granted)]).await;
    let credentials = servicenow(&directory, &url);
    let first = credentials.authorization(None).await.unwrap();
    let (_listener, hanging) = mute().await;
    let after = servicenow(&directory, &hanging);
    after
        .identity
        .state()
        .token
        .clone_from(&credentials.identity.state().token);
    for _ in 0..3 {
        let asked = tokio::time::timeout(Duration::from_secs(5), after.authorization(None));
        assert_eq!(asked.await.unwrap().unwrap(), first);
    }
    assert!(after.identity.turn.try_lock().is_err(), "it is being renewed");
}

#[tokio::test(start_paused = true)]
async fn a_token_endpoint_that_hangs_has_half_a_minute() {
    let (_listener, url) = mute().await;
    let settings = ClientSettings {
        request_timeout: Duration::from_secs(3600),
        ..ClientSettings::new(&url, chrono::Utc::now)
    };
    let client = Client::new(settings).unwrap();
    let began = tokio::time::Instant::now();
    let error = client.post_form(&url, &[("a", "b")]).await.unwrap_err();
    assert!(matches!(error, crate::net::NetError::TooSlow(_)), "{error}");
    assert!(began.elapsed() <= Duration::from_secs(31), "{:?}", began.elapsed());
}

#[tokio::test]
async fn an_endpoints_wish_for_peace_is_obeyed() {
    let directory = tempfile::tempdir().unwrap();
    let (endpoint, url) = Endpoint::start(&[(503, "busy")]).await;
    let credentials = servicenow(&directory, &url);
    for _ in 0..5 {
        credentials.authorization(None).await.unwrap_err();
    }
    assert_eq!(endpoint.requests(), 1);
    let next_in = credentials.refusal().unwrap().next_in;
    assert!(next_in > Duration::from_secs(590), "{next_in:?}");
}

#[tokio::test(start_paused = true)]
async fn silence_is_asked_ever_more_seldom_but_never_long_and_another_secret_asks_at_once() {
    let of = |text: &str| Some(Print::of([&secrecy::SecretString::from(text)]));
    let trouble = codes::UNAVAILABLE.retry("down");
    let mut silence = silence::Silence::default();
    for wait in [0, 0, 30, 60, 120, 120] {
        silence.failed(&trouble, of("old"));
        assert_eq!(silence.check(of("new").as_ref()), Ok(()));
        if wait > 0 {
            tokio::time::advance(Duration::from_secs(wait - 1)).await;
            assert_eq!(silence.check(of("old").as_ref()), Err(trouble.clone()));
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert_eq!(silence.check(of("old").as_ref()), Ok(()));
    }
}
