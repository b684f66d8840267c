//! The flow: permit → request → classify → bounded retry.
//!
//! | answer                       | what happens                                                                |
//! |------------------------------|-----------------------------------------------------------------------------|
//! | 2xx and the rest             | the caller's judge looks at it; accepted, it is returned                     |
//! | 202 to a GET                 | not executed: tried again                                                   |
//! | 3xx                          | an error that names where it leads                                          |
//! | first 401                    | the authorization is renewed, the request replayed once                     |
//! | further 401                  | the judge, then what the sign-in method says about it                       |
//! | 429, 503 with `Retry-After`  | the whole connection pauses as long as asked, which costs no attempt        |
//! | 429 without                  | backoff for the whole connection; a full queue also means one at a time     |
//! | 408, 5xx, broken connections | the judge, then tried again after a backoff; with no attempt left it may say    |
//! |                              | that the request was too heavy, as for half a page behind a 200             |
//! | no answer in time, 504       | tried once more, then too slow                                              |

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use tokio::time::Instant;

use super::request::Request;
use super::transport::{Broken, fetch};
use super::{Client, Counters, Shared, check_url, host};
use crate::model::{Say, Trouble};
use crate::net::answer::{Answer, Judge, Judgement};
use crate::net::authorize::{Authorization, Authorize, Rejected};
use crate::net::limit::{Lane, impatient};
use crate::net::retry::{Wish, backoff, words};
use crate::net::url::is_sign_in_page;
use crate::net::{NetError, codes};

/// A server may ask to wait so often within one request before that is an error.
const MOST_WAITS: u32 = 100;

/// What the server's slowness gets: one more try, because the next one costs it as much again.
const SLOW_ATTEMPTS: u32 = 2;

/// A permit counts for the moment in which it was granted: sent much later, the request would fall into a minute that is
/// full already.
const PERMIT_HOLDS: Duration = Duration::from_millis(500);

/// What to do after an exchange.
enum Next {
    Done(Answer),
    Renew(Answer),
    Give(NetError),
    /// Another attempt, if fewer than so many were made; else this error.
    Again(NetError, u32),
    /// The server's wish, if it named a time; else a backoff for everybody.
    Pause(Trouble, Wish),
}

/// How far the budget is spent.
#[derive(Default)]
struct Spent {
    attempts: u32,
    waits: u32,
    waited: Duration,
    requests: u32,
    renewed: bool,
}

impl Client {
    /// Sends a request until it is answered in a way that counts, within the budget of attempts. Every attempt
    /// takes a permit. Errors: see [`NetError`]; sign-in troubles come out as `Failed`.
    pub async fn send<A: Authorize + ?Sized>(
        &self,
        lane: Lane,
        credentials: &A,
        request: &Request,
        judge: &Judge<'_>,
    ) -> Result<Answer, NetError> {
        let mut spent = Spent::default();
        let result = self.send_within(lane, credentials, request, judge, &mut spent).await;
        if let (Err(_), Some(asked)) = (&result, &request.asked) {
            asked.lost.fetch_add(spent.requests.into(), Ordering::Relaxed);
        }
        result
    }

    async fn send_within<A: Authorize + ?Sized>(
        &self,
        lane: Lane,
        credentials: &A,
        request: &Request,
        judge: &Judge<'_>,
        spent: &mut Spent,
    ) -> Result<Answer, NetError> {
        self.check_target(&request.url).map_err(NetError::Failed)?;
        let mut renewed = None;
        let _under_way = self.shared.bodies.begin();
        loop {
            let permit = self.shared.limiter.permit(lane).await.map_err(NetError::Failed)?;
            let granted = Instant::now();
            // Asked anew each time: while we waited for the permit the last one may have run out.
            let authorization = match renewed.take() {
                Some(authorization) => authorization,
                None => credentials.authorization(None).await.map_err(NetError::Failed)?,
            };
            if granted.elapsed() > PERMIT_HOLDS {
                // Signing in took its time.
                renewed = into_the_queue(authorization);
                continue;
            }
            let outcome = self.exchange(request, authorization.as_ref(), spent).await;
            drop(permit);
            if outcome.as_ref().is_ok_and(was_let_in) {
                credentials.accepted();
            }
            match self.classify(request, outcome, judge, credentials, spent.renewed) {
                Next::Done(answer) => {
                    credentials.accepted();
                    self.shared
                        .wishes
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .over(Instant::now().into_std());
                    return Ok(answer);
                }
                Next::Give(error) => return Err(error),
                Next::Again(error, most) => {
                    drop(authorization);
                    self.pause_alone(error, most, spent).await?;
                }
                Next::Pause(trouble, wish) => self.pause_all(trouble, wish, spent)?,
                Next::Renew(answer) => {
                    spent.renewed = true;
                    renewed = into_the_queue(renew(credentials, authorization.as_ref(), &answer).await?);
                }
            }
        }
    }

    /// Credentials go to the configured server only, whatever a link in an answer says.
    fn check_target(&self, url: &str) -> Result<(), Trouble> {
        let url = check_url(url)?;
        if url.origin() == self.shared.server.origin() {
            return Ok(());
        }
        let seen = format!("a link leads to {} instead of {}", host(&url), self.server());
        Err(codes::FOREIGN_URL.stop(seen))
    }

    async fn exchange(
        &self,
        request: &Request,
        authorization: Option<&Authorization>,
        spent: &mut Spent,
    ) -> Result<Answer, Broken> {
        spent.requests += 1;
        Counters::count(&self.shared.counters.requests);
        let mut sent = request.to_be_sent()?;
        if let Some(authorization) = authorization {
            let (name, value) = authorization.header();
            sent.headers_mut().append(name, value);
        }
        let Shared {
            way, counters, bodies, ..
        } = &*self.shared;
        let fetched = fetch(way, sent, request.body_limit, counters, bodies).await;
        for asked in [Some(&self.shared.asked), request.asked.as_ref()].into_iter().flatten() {
            match &fetched {
                Ok(answer) => asked.answered(answer.status.as_u16(), answer.header("retry-after").is_some()),
                Err(_) => asked.unanswered(),
            }
        }
        let mut answer = fetched?;
        answer.requests = spent.requests;
        Ok(answer)
    }

    fn classify<A: Authorize + ?Sized>(
        &self,
        request: &Request,
        outcome: Result<Answer, Broken>,
        judge: &Judge<'_>,
        credentials: &A,
        renewed: bool,
    ) -> Next {
        let attempts = self.shared.settings.attempts;
        let error = |broken: Broken| broken.into_error(&self.server(), self.shared.settings.request_timeout);
        let answer = match outcome {
            Ok(answer) => answer,
            Err(broken @ Broken::TooBig(_)) => return Next::Give(error(broken)),
            Err(broken @ Broken::Timeout) => return Next::Again(error(broken), SLOW_ATTEMPTS),
            Err(broken @ Broken::Transport(..)) => return Next::Again(error(broken), attempts),
        };
        if let Some(next) = self.by_rule(request, &answer) {
            return next;
        }
        if answer.status == StatusCode::UNAUTHORIZED && !renewed {
            return Next::Renew(answer);
        }
        match judge(&answer) {
            Judgement::Retry(trouble) => Next::Again(NetError::Failed(trouble), attempts),
            Judgement::Heavy(trouble) => Next::Again(NetError::TooSlow(trouble), attempts),
            Judgement::Fail(trouble) => Next::Give(NetError::Failed(trouble)),
            Judgement::Slow(trouble) => Next::Give(NetError::TooSlow(trouble)),
            Judgement::Accept => self.accepted(answer, credentials),
        }
    }

    /// What no caller has a say in.
    fn by_rule(&self, request: &Request, answer: &Answer) -> Option<Next> {
        let now = || answer.date().unwrap_or_else(self.shared.settings.clock);
        let seen = || format!("{} answered {}", self.server(), answer.words());
        match answer.status.as_u16() {
            202 if request.method == Method::GET => {
                let error = NetError::Failed(codes::NOT_EXECUTED.retry(seen()));
                Some(Next::Again(error, self.shared.settings.attempts))
            }
            304 => None,
            300..=399 => Some(Next::Give(NetError::Failed(redirection(answer)))),
            429 => Some(self.throttled(request, answer, Wish::of(&answer.headers, now()))),
            503 => match Wish::of(&answer.headers, now()) {
                wish @ Wish::RetryAfter(_) => Some(Next::Pause(codes::SERVER.retry(seen()), wish)),
                Wish::Reset(_) | Wish::Unsaid | Wish::Queue => None,
            },
            _ => None,
        }
    }

    fn throttled(&self, request: &Request, answer: &Answer, wish: Wish) -> Next {
        let limit = request.limits.and_then(|limits| limits(answer));
        if limit.is_some_and(|limit| limit.crowded) {
            self.shared.limiter.go_alone();
        }
        let which = limit.map_or_else(String::new, |limit| format!(", {}", limit.name));
        let seen = format!("{} answered {}{which}", self.server(), answer.words());
        Next::Pause(codes::THROTTLED.retry(seen), wish)
    }

    fn accepted<A: Authorize + ?Sized>(&self, answer: Answer, credentials: &A) -> Next {
        let seen = || format!("{} answered {}", self.server(), answer.words());
        match answer.status.as_u16() {
            401 => Next::Give(NetError::Failed(credentials.refused(&answer))),
            504 => Next::Again(NetError::TooSlow(codes::TIMEOUT.retry(seen())), SLOW_ATTEMPTS),
            // 501 and 505 will not change by asking again.
            408 | 500 | 502..=503 | 506..=599 => Next::Again(
                NetError::Failed(codes::SERVER.retry(seen())),
                self.shared.settings.attempts,
            ),
            _ => Next::Done(answer),
        }
    }

    async fn pause_alone(&self, error: NetError, most: u32, spent: &mut Spent) -> Result<(), NetError> {
        spent.attempts += 1;
        if spent.attempts >= most.min(self.shared.settings.attempts) {
            return Err(error);
        }
        tokio::time::sleep(self.backoff(spent.attempts)).await;
        Ok(())
    }

    /// Pauses the connection; the waiting itself is done at the next permit.
    fn pause_all(&self, mut trouble: Trouble, wish: Wish, spent: &mut Spent) -> Result<(), NetError> {
        let limiter = &self.shared.limiter;
        let Some(asked) = wish.wait() else {
            if wish == Wish::Queue {
                limiter.go_alone();
            }
            spent.attempts += 1;
            let wait = self.backoff(spent.attempts);
            limiter.pause_until(Instant::now() + wait, &trouble.seen);
            if spent.attempts >= self.shared.settings.attempts {
                return Err(NetError::Failed(trouble));
            }
            return Ok(());
        };
        // “In 0 seconds” over and over would be a hot loop: then it costs an attempt and our own pace holds.
        let free = asked >= Duration::from_secs(1);
        spent.attempts += u32::from(!free);
        let wait = if free {
            asked
        } else {
            asked.max(self.backoff(spent.attempts))
        };
        limiter.obey_until(Instant::now() + wait, &trouble.seen);
        spent.waits += 1;
        spent.waited += wait;
        if limiter.patience().is_some_and(|patience| spent.waited > patience) {
            return Err(NetError::Failed(impatient(wait, &trouble.seen)));
        }
        if spent.attempts >= self.shared.settings.attempts || spent.waits >= MOST_WAITS {
            trouble.verdict = crate::model::Verdict::Retry { after: Some(wait) };
            return Err(NetError::Failed(trouble));
        }
        self.tell_wish(wait, &trouble.seen);
        Ok(())
    }

    /// A server that asks again and again is told of ever more seldom; `status` and the metrics show every wait.
    fn tell_wish(&self, wait: Duration, seen: &str) {
        let wait = words(wait);
        let mut wishes = self.shared.wishes.lock().unwrap_or_else(PoisonError::into_inner);
        match wishes.again(Instant::now().into_std()) {
            Say::First => tracing::warn!(wait, "the server asks to wait: {seen}"),
            Say::Again { times, within } => {
                tracing::warn!(wait, times, within = words(within), "the server asks to wait: {seen}");
            }
            Say::Nothing => tracing::debug!(wait, "the server asks to wait: {seen}"),
        }
    }

    fn backoff(&self, attempt: u32) -> Duration {
        backoff(attempt, self.shared.settings.backoff, fastrand::f64())
    }
}

/// What is known of an answer by its status alone: whoever asked was let in, whatever the judge says of the rest. A
/// gateway's page, a redirection to a login and an overload come before anybody looked at who asks.
fn was_let_in(answer: &Answer) -> bool {
    let status = answer.status.as_u16();
    let before = matches!(status, 401 | 407 | 408 | 429) || answer.is_html();
    (answer.status.is_success() || answer.status.is_client_error()) && !before
}

/// What need not be asked for again at the next permit. A try that others wait for is not taken along: they may stand
/// before it in the queue.
#[allow(clippy::option_option)]
fn into_the_queue(authorization: Option<Authorization>) -> Option<Option<Authorization>> {
    let tied = authorization.as_ref().is_some_and(Authorization::is_tied);
    (!tied).then_some(authorization)
}

async fn renew<A: Authorize + ?Sized>(
    credentials: &A,
    sent: Option<&Authorization>,
    answer: &Answer,
) -> Result<Option<Authorization>, NetError> {
    let Some(sent) = sent else {
        return Err(NetError::Failed(credentials.refused(answer)));
    };
    let rejected = Rejected { sent, answer };
    credentials
        .authorization(Some(rejected))
        .await
        .map_err(NetError::Failed)
}

fn redirection(answer: &Answer) -> Trouble {
    let target = answer.header("location").map_or("nowhere", |target| target);
    let code = if is_sign_in_page(target) {
        codes::SIGN_IN_PAGE
    } else {
        codes::REDIRECT
    };
    code.stop(format!(
        "{} to {}",
        answer.status,
        crate::net::url::without_query(target)
    ))
}
