//! A browser: headless Chromium through `chromedriver` (W3C `WebDriver`), as far as these tests need it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, Method};
use serde_json::{Value, json};

/// What `element` references are called (`WebDriver` §12.2).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Whether pages may run scripts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Scripts {
    Run,
    Blocked,
}

/// A browser with an empty profile; it ends when this is dropped.
pub(super) struct Browser {
    driver: Child,
    port: u16,
    client: Client,
    session: String,
}

/// Keys without a character (`WebDriver` §17.4.2).
pub(super) const TAB: &str = "\u{e004}";
pub(super) const ENTER: &str = "\u{e007}";

/// Starts `chromedriver`; `None` where the port that it chose is taken for one of the two versions of IP, which ends it.
fn start_driver() -> Option<(Child, u16)> {
    let mut command = Command::new("chromedriver");
    command.arg("--port=0").env("LANGUAGE", "it").stdout(Stdio::piped()).stderr(Stdio::null());
    let mut driver = command.spawn().unwrap();
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines().map(Result::unwrap);
    let Some(said) = lines.find(|line| line.contains("started successfully on port")) else {
        driver.wait().unwrap();
        return None;
    };
    Some((driver, said.trim_end_matches('.').rsplit(' ').next().unwrap().parse().unwrap()))
}

impl Browser {
    pub(super) async fn start(scripts: Scripts) -> Self {
        let (driver, port) = (0..5).find_map(|_| start_driver()).expect("chromedriver starts");
        let setting = if scripts == Scripts::Run { 1 } else { 2 };
        let options = json!({
            "args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--force-prefers-reduced-motion", "--window-size=1280,1000"],
            "prefs": {"intl.accept_languages": "it", "profile.managed_default_content_settings.javascript": setting},
        });
        let wanted = json!({"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"},
        }});
        let client = Client::new();
        let mut browser = Self { driver, port, client, session: format!("http://127.0.0.1:{port}") };
        let session = browser.command(Method::POST, "/session", json!({"capabilities": wanted})).await;
        browser.session = format!("{}/session/{}", browser.session, session["sessionId"].as_str().unwrap());
        // What is looked for may be on the page that is still on its way.
        browser.post("/timeouts", json!({"implicit": 10_000})).await;
        browser
    }

    async fn command(&self, method: Method, path: &str, body: Value) -> Value {
        let request = self.client.request(method.clone(), format!("{}{path}", self.session));
        let request = if method == Method::POST { request.json(&body) } else { request };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let answer: Value = answer.json().await.unwrap();
        assert!(status.is_success(), "{path}: {answer}");
        answer["value"].clone()
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.command(Method::POST, path, body).await
    }

    pub(super) async fn open(&self, address: &str) {
        self.post("/url", json!({"url": address})).await;
    }

    /// Presses keys wherever the focus is.
    pub(super) async fn press(&self, keys: &str) {
        let actions = keys.chars().flat_map(|key| [("keyDown", key), ("keyUp", key)]);
        let actions: Vec<Value> = actions.map(|(kind, key)| json!({"type": kind, "value": key.to_string()})).collect();
        self.post("/actions", json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})).await;
    }

    /// Types into a field; into one for files, chooses the file of that path.
    pub(super) async fn fill(&self, css: &str, text: &str) {
        let path = format!("/element/{}/value", self.element(css).await);
        self.post(&path, json!({"text": text})).await;
    }

    pub(super) async fn click(&self, css: &str) {
        let path = format!("/element/{}/click", self.element(css).await);
        self.post(&path, json!({})).await;
    }

    /// The text that is shown in an element.
    pub(super) async fn text(&self, css: &str) -> String {
        let path = format!("/element/{}/text", self.element(css).await);
        self.command(Method::GET, &path, Value::Null).await.as_str().unwrap().to_owned()
    }

    async fn element(&self, css: &str) -> String {
        let found = self.post("/element", json!({"using": "css selector", "value": css})).await;
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    /// The attribute `id` of what has the focus, or its text.
    pub(super) async fn focused(&self) -> String {
        let element = self.command(Method::GET, "/element/active", Value::Null).await;
        let element = element[ELEMENT].as_str().unwrap();
        let id = self.command(Method::GET, &format!("/element/{element}/attribute/id"), Value::Null).await;
        if let Some(id) = id.as_str().filter(|id| !id.is_empty()) {
            return id.to_owned();
        }
        let text = self.command(Method::GET, &format!("/element/{element}/text"), Value::Null).await;
        text.as_str().unwrap().to_owned()
    }

    /// Runs a script in the page; `done` is the callback that takes the answer.
    pub(super) async fn run(&self, script: &str) -> Value {
        let script = format!("const done = arguments[arguments.length - 1];\n{script}");
        self.post("/execute/async", json!({"script": script, "args": []})).await
    }

    pub(super) async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.post("/goog/cdp/execute", json!({"cmd": command, "params": parameters})).await
    }

    /// Shows the page as wide as a device of so many CSS pixels.
    pub(super) async fn width(&self, pixels: u32) {
        let metrics = json!({"width": pixels, "height": 800, "deviceScaleFactor": 1, "mobile": pixels < 600});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Back to the width of the window.
    pub(super) async fn own_width(&self) {
        self.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await;
    }

    /// Writes a picture of the whole page.
    pub(super) async fn picture(&self, file: &Path) {
        let picture = self.devtools("Page.captureScreenshot", json!({"captureBeyondViewport": true})).await;
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, STANDARD.decode(picture["data"].as_str().unwrap()).unwrap()).unwrap();
    }

    /// What the browser complained about since the last call: refused scripts and styles, missing files, errors. An
    /// answer of 422 is none: a form that must be corrected, a document that cannot be examined.
    pub(super) async fn complaints(&self) -> Vec<String> {
        let entries = self.post("/se/log", json!({"type": "browser"})).await;
        let messages = entries.as_array().unwrap().iter().map(|entry| entry["message"].as_str().unwrap().to_owned());
        messages.filter(|message| !message.contains("a status of 422")).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Killed, the driver would leave its browser behind.
        if let Ok(mut connection) = TcpStream::connect(("127.0.0.1", self.port)) {
            let shut_down = "GET /shutdown HTTP/1.1\r\nHost: localhost\r\n\r\n";
            drop(connection.set_read_timeout(Some(Duration::from_secs(10))));
            drop(connection.write_all(shut_down.as_bytes()).and_then(|()| connection.read_to_end(&mut Vec::new())));
        }
        drop(self.driver.kill());
        drop(self.driver.wait());
    }
}
