//! The bare pipe: the client's HTTP library, runtime and compression, and nothing else.

use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Mutex;

use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream::{self, StreamExt};
use reqwest::Client;
use serde::{Deserialize, Serialize};

use crate::desk::{PASSWORD, USER};

/// What the client posts at most at once.
const POST: usize = 1_000_000;

/// What is to be fetched and posted.
#[derive(Debug, Serialize, Deserialize)]
pub struct Errand {
    pub urls: Vec<String>,
    pub rows: PathBuf,
    pub to: String,
}

/// What went through.
#[derive(Debug, Serialize, Deserialize)]
pub struct Done {
    pub pages: usize,
    pub fetched: usize,
    pub posted: usize,
}

/// The role.
#[tokio::main]
pub async fn run(errand: &str) {
    let errand: Errand = serde_json::from_slice(&std::fs::read(errand).unwrap()).unwrap();
    let client = Client::builder().gzip(true).no_proxy().build().unwrap();
    let file = File::open(&errand.rows).unwrap();
    let whole = usize::try_from(file.metadata().unwrap().len()).unwrap();
    let share = whole.div_ceil(errand.urls.len());
    let file = Mutex::new(file);
    let pages = stream::iter(&errand.urls).map(|url| page(&client, url, &errand.to, &file, share));
    let done: Vec<(usize, usize)> = pages.buffer_unordered(crate::CONCURRENT).collect().await;
    let done = Done {
        pages: done.len(),
        fetched: done.iter().map(|(fetched, _)| fetched).sum(),
        posted: done.iter().map(|(_, posted)| posted).sum(),
    };
    println!("{}", serde_json::to_string(&done).unwrap());
}

/// Fetches a page and posts its share of the rows.
async fn page(client: &Client, url: &str, to: &str, file: &Mutex<File>, share: usize) -> (usize, usize) {
    let answer = client.get(url).basic_auth(USER, Some(PASSWORD)).send().await.unwrap();
    let fetched = answer.error_for_status().unwrap().bytes().await.unwrap().len();
    let mut posted = 0;
    while posted < share {
        let part = take(file, POST.min(share - posted));
        if part.is_empty() {
            break;
        }
        posted += part.len();
        let mut packed = GzEncoder::new(Vec::new(), Compression::new(1));
        packed.write_all(&part).unwrap();
        let answer = client.post(to).body(packed.finish().unwrap()).send().await.unwrap();
        answer.error_for_status().unwrap();
    }
    (fetched, posted)
}

fn take(file: &Mutex<File>, bytes: usize) -> Vec<u8> {
    let mut part = Vec::with_capacity(bytes);
    let file = &*file.lock().unwrap();
    file.take(bytes as u64).read_to_end(&mut part).unwrap();
    part
}
