use std::sync::Mutex;

use tokio::time::Instant;

use super::*;
use crate::model::{Trouble, Verdict};
use crate::net::{
    Anonymous, Answer, Authorization, Authorize, Client, ClientSettings, Judgement, Lane, NetError, Rejected, Request,
};

type Script = fn(usize) -> Result<Carried, Lost>;

/// Answers the so-manieth request as its script says, and remembers when each came.
struct Scripted {
    script: Script,
    came: Arc<Mutex<Vec<Instant>>>,
}

impl Carrier for Scripted {
    fn carry(&self, _: Parcel) -> Pin<Box<dyn Future<Output = Result<Carried, Lost>> + Send>> {
        let mut came = self.came.lock().unwrap();
        came.push(Instant::now());
        let answer = (self.script)(came.len());
        Box::pin(async { answer })
    }
}

fn ok(_: usize) -> Result<Carried, Lost> {
    Ok(Carried {
        status: StatusCode::OK,
        headers: HeaderMap::new(),
        body: Bytes::from_static(b"whole"),
        torn: false,
    })
}

fn client(requests_per_minute: u32, script: Script) -> (Client, Arc<Mutex<Vec<Instant>>>) {
    let came = Arc::default();
    let carrier = Scripted {
        script,
        came: Arc::clone(&came),
    };
    let settings = ClientSettings {
        requests_per_minute: Some(requests_per_minute),
        ..ClientSettings::new("http://127.0.0.1:1", || "2026-11-20T10:00:00Z".parse().unwrap())
    };
    (Client::carried(settings, Arc::new(carrier)).unwrap(), came)
}

async fn get<A: Authorize>(client: &Client, credentials: &A) -> Result<Answer, NetError> {
    let judge = |_: &Answer| Judgement::Accept;
    client
        .send(Lane::Rest, credentials, &Request::get("http://127.0.0.1:1/"), &judge)
        .await
}

/// The first sign-in takes six seconds.
#[derive(Default)]
struct SlowAtFirst(Mutex<bool>);

impl Authorize for SlowAtFirst {
    async fn authorization(&self, _: Option<Rejected<'_>>) -> Result<Option<Authorization>, Trouble> {
        if !std::mem::replace(&mut *self.0.lock().unwrap(), true) {
            tokio::time::sleep(Duration::from_secs(6)).await;
        }
        Ok(Authorization::new("token"))
    }

    fn refused(&self, answer: &Answer) -> Trouble {
        codes::SERVER.stop(answer.words())
    }
}

#[tokio::test(start_paused = true)]
async fn a_permit_that_grew_old_over_a_sign_in_is_given_back_for_another() {
    let (client, came) = client(6, ok);
    let credentials = SlowAtFirst::default();
    for _ in 0..20 {
        get(&client, &credentials).await.unwrap();
    }
    let came = came.lock().unwrap();
    let densest = came.windows(7).map(|seven| seven[6] - seven[0]).min();
    assert!(densest >= Some(Duration::from_secs(60)), "seven in {densest:?}");
}

#[tokio::test(start_paused = true)]
async fn what_breaks_on_the_way_is_told_and_tried_again_like_the_networks() {
    let torn = |times| match times {
        1 => ok(0).map(|whole| Carried { torn: true, ..whole }),
        2 => Err(Lost::Reset),
        _ => ok(times),
    };
    let (patient, came) = client(6000, torn);
    assert_eq!(get(&patient, &Anonymous).await.unwrap().body, "whole");
    assert_eq!(came.lock().unwrap().len(), 3);

    for (lost, code) in [
        ((|_| Err(Lost::NoName)) as Script, "ITSMD-NET-001"),
        (|_| Err(Lost::Unreachable), "ITSMD-NET-002"),
    ] {
        let error = get(&client(6000, lost).0, &Anonymous).await.unwrap_err();
        assert_eq!(error.trouble().code, code);
        assert_eq!(error.trouble().verdict, Verdict::Retry { after: None });
    }
}
