use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

/// A server whose report can be changed, and which counts how often it is made.
struct Changing {
    server: Server,
    records: Arc<AtomicU64>,
    made: Arc<AtomicU64>,
}

impl Changing {
    async fn start() -> Self {
        let (records, made) = (Arc::new(AtomicU64::new(1)), Arc::new(AtomicU64::new(0)));
        let (known, count) = (Arc::clone(&records), Arc::clone(&made));
        let views = Views::new(
            move || {
                count.fetch_add(1, Ordering::Relaxed);
                let mut report = report(vec![stream()]);
                report.at += chrono::TimeDelta::seconds(count.load(Ordering::Relaxed).cast_signed());
                report.connections[0].streams[0].records = known.load(Ordering::Relaxed);
                async move { Ok(report) }
            },
            || async { vec![] },
            || async { vec![] },
            Arc::new(Metrics::new(chrono::Utc::now())),
        );
        Self {
            server: start(views).await,
            records,
            made,
        }
    }
}

/// Somebody who listens.
struct Ear {
    socket: TcpStream,
    heard: Mutex<String>,
}

impl Ear {
    async fn at(server: &Server) -> Self {
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        let request = format!("GET /api/events HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
        socket.write_all(request.as_bytes()).await.unwrap();
        Self {
            socket,
            heard: Mutex::default(),
        }
    }

    /// Listens until that was heard so often; returns all that was.
    async fn hears(&mut self, text: &str, times: usize) -> String {
        let listening = async {
            let mut piece = [0; 1024];
            loop {
                let heard = self.heard.lock().unwrap().clone();
                if heard.matches(text).count() >= times {
                    return heard;
                }
                let length = self.socket.read(&mut piece).await.unwrap();
                assert!(length > 0, "it ended: {heard}");
                self.heard
                    .lock()
                    .unwrap()
                    .push_str(std::str::from_utf8(&piece[..length]).unwrap());
            }
        };
        tokio::time::timeout(DEADLINE, listening).await.unwrap()
    }
}

#[tokio::test]
async fn who_listens_hears_of_each_change_and_not_of_time() {
    let changing = Changing::start().await;
    let mut ear = Ear::at(&changing.server).await;
    let hello = ear.hears("event: hello", 1).await;
    assert!(hello.contains("content-type: text/event-stream") && hello.contains("x-accel-buffering: no"));
    // The clock of the report moves with each look, and that is no news.
    let looked = changing.made.load(Ordering::Relaxed);
    let deadline = Instant::now() + DEADLINE;
    while changing.made.load(Ordering::Relaxed) < looked + 2 {
        assert!(Instant::now() < deadline, "nobody looks");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    changing.records.store(2, Ordering::Relaxed);
    let heard = ear.hears("event: change", 1).await;
    assert_eq!(heard.matches("event: ").count(), 2, "{heard}");
    let prints: Vec<&str> = heard.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    assert_ne!(prints[0], prints[1]);
}

#[tokio::test]
async fn nobody_looks_while_nobody_listens_and_one_looks_for_all() {
    let changing = Changing::start().await;
    assert_eq!(status(&changing.server.get("/healthz").await), "200");
    assert_eq!(changing.made.load(Ordering::Relaxed), 0);
    let begun = Instant::now();
    let mut ears = Vec::new();
    for _ in 0..8 {
        let mut ear = Ear::at(&changing.server).await;
        ear.hears("event: hello", 1).await;
        ears.push(ear);
    }
    changing.records.store(2, Ordering::Relaxed);
    for ear in &mut ears {
        ear.hears("event: change", 1).await;
    }
    let looks = changing.made.load(Ordering::Relaxed);
    assert!(
        looks <= begun.elapsed().as_secs() + 2,
        "{looks} looks in {:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn there_are_places_for_32_and_one_who_leaves_makes_room() {
    let changing = Changing::start().await;
    let mut ears = Vec::new();
    for _ in 0..32 {
        let mut ear = Ear::at(&changing.server).await;
        ear.hears("event: hello", 1).await;
        ears.push(ear);
    }
    let refused = changing.server.get("/api/events").await;
    assert_eq!(status(&refused), "503");
    assert!(refused.contains("retry-after: 30"));
    assert_eq!(
        status(&changing.server.get("/api/status").await),
        "200",
        "the rest goes on"
    );
    ears.pop();
    let deadline = Instant::now() + DEADLINE;
    loop {
        changing.records.fetch_add(1, Ordering::Relaxed);
        let mut socket = Ear::at(&changing.server).await;
        if socket.hears("HTTP/1.1 ", 1).await.contains(" 200 ") {
            break;
        }
        assert!(Instant::now() < deadline, "the place is not given back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_stop_ends_those_who_listen() {
    let changing = Changing::start().await;
    let mut ear = Ear::at(&changing.server).await;
    ear.hears("event: hello", 1).await;
    let begun = Instant::now();
    changing.server.stop.cancel();
    changing.server.task.await.unwrap().unwrap();
    assert!(
        begun.elapsed() < GOODBYE_WITHIN,
        "it was not waited for until it was dropped"
    );
    let mut rest = Vec::new();
    ear.socket.read_to_end(&mut rest).await.unwrap();
}

#[tokio::test]
async fn one_who_reads_nothing_holds_up_nobody() {
    let changing = Changing::start().await;
    let deaf = Ear::at(&changing.server).await;
    let mut ear = Ear::at(&changing.server).await;
    ear.hears("event: hello", 1).await;
    for records in 2..4 {
        changing.records.store(records, Ordering::Relaxed);
        ear.hears("event: change", usize::try_from(records).unwrap() - 1).await;
    }
    changing.server.stop.cancel();
    tokio::time::timeout(DEADLINE, changing.server.task)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    drop(deaf);
}

#[tokio::test]
async fn the_system_drops_one_who_takes_nothing_for_half_a_minute() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let _other = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (mut accepted, _) = listener.accept().await.unwrap();
    drop_when_stalled(&mut accepted);
    assert_eq!(rustix::net::sockopt::tcp_user_timeout(&accepted).unwrap(), 30_000);
}
