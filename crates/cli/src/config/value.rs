//! What a key can be: how its values are read, shown and described.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::ValueEnum;
use ipnet::IpNet;
use ringback_domain::project::Secret;
use ringback_networks::{Carriers, Mix, Outcome, Pace, SenderRates, Timing, Weights};
use ringback_wire::url::CallbackUrl;
use url::Url;

use crate::args::{LogFormat, Retain, seconds};
use crate::speech::Speech;

/// A value as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Raw {
    /// A text of the file.
    Text(String),
    /// A number of the file, as it stands there.
    Number(String),
    /// A list of the file.
    List(Vec<Raw>),
    /// A boolean of the file.
    Truth(bool),
    /// Anything else of the file, by its name.
    Other(&'static str),
    /// What a variable or a flag holds: a text, a number, or a list with commas.
    Words(String),
}

impl Raw {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Words(text) => Some(text),
            Self::Number(_) | Self::List(_) | Self::Truth(_) | Self::Other(_) => None,
        }
    }

    fn number(&self) -> Option<&str> {
        match self {
            Self::Number(text) | Self::Words(text) => Some(text),
            Self::Text(_) | Self::List(_) | Self::Truth(_) | Self::Other(_) => None,
        }
    }

    /// How an error quotes it.
    pub fn quoted(&self) -> String {
        match self {
            Self::Text(text) => format!("`\"{text}\"`"),
            Self::Number(text) | Self::Words(text) => format!("`{text}`"),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(Self::quoted).collect();
                format!("[{}]", items.join(", "))
            }
            Self::Truth(truth) => format!("`{truth}`"),
            Self::Other(kind) => (*kind).to_owned(),
        }
    }
}

/// What a key can be.
pub trait Value: Sized {
    /// In words, after "it is".
    const ALLOWED: &'static str;
    /// Whether errors and `config show` hide it.
    const HIDDEN: Hiding = Hiding::No;

    /// Reads it; none if it cannot be that.
    fn read(raw: &Raw) -> Option<Self>;

    /// What it is if nothing is told and the tree has no default.
    fn absent() -> Option<Self> {
        None
    }

    /// As a file would have it; none if it is absent.
    fn show(&self) -> Option<String>;
}

/// Whether a value is a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hiding {
    /// It is shown.
    No,
    /// It never is.
    Yes,
}

impl<T: Value> Value for Option<T> {
    const ALLOWED: &'static str = T::ALLOWED;
    const HIDDEN: Hiding = T::HIDDEN;

    fn read(raw: &Raw) -> Option<Self> {
        T::read(raw).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn show(&self) -> Option<String> {
        self.as_ref().and_then(T::show)
    }
}

impl Value for SocketAddr {
    const ALLOWED: &'static str = "an address with a port, such as 127.0.0.1:8080 or [::1]:8080";

    fn read(raw: &Raw) -> Option<Self> {
        raw.text()?.parse().ok()
    }

    fn show(&self) -> Option<String> {
        Some(quote(&self.to_string()))
    }
}

impl Value for PathBuf {
    const ALLOWED: &'static str = "a path";

    fn read(raw: &Raw) -> Option<Self> {
        raw.text().filter(|text| !text.is_empty()).map(Self::from)
    }

    fn show(&self) -> Option<String> {
        Some(quote(&self.display().to_string()))
    }
}

impl Value for Vec<IpNet> {
    const ALLOWED: &'static str =
        "a list of networks such as 10.0.0.0/8, or addresses such as 10.0.0.7";

    fn read(raw: &Raw) -> Option<Self> {
        let network = |text: &str| {
            let text = text.trim();
            let alone = || text.parse::<IpAddr>().map(IpNet::from);
            text.parse().or_else(|_| alone()).ok()
        };
        match raw {
            Raw::List(items) => items.iter().map(|item| network(item.text()?)).collect(),
            Raw::Words(words) if words.is_empty() => Some(Self::new()),
            Raw::Words(words) => words.split(',').map(network).collect(),
            Raw::Text(_) | Raw::Number(_) | Raw::Truth(_) | Raw::Other(_) => None,
        }
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }

    fn show(&self) -> Option<String> {
        let items: Vec<String> = self.iter().map(|net| quote(&net.to_string())).collect();
        Some(format!("[{}]", items.join(", ")))
    }
}

/// A whole number of 1 or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count(pub usize);

impl Value for Count {
    const ALLOWED: &'static str = "a whole number of 1 or more";

    fn read(raw: &Raw) -> Option<Self> {
        let count: u32 = raw.number()?.parse().ok()?;
        (count > 0).then_some(Self(usize::try_from(count).ok()?))
    }

    fn show(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

impl Value for Retain {
    const ALLOWED: &'static str = Self::ALLOWED;

    fn read(raw: &Raw) -> Option<Self> {
        match raw {
            Raw::Number(text) | Raw::Text(text) | Raw::Words(text) => text.parse().ok(),
            Raw::List(_) | Raw::Truth(_) | Raw::Other(_) => None,
        }
    }

    fn show(&self) -> Option<String> {
        Some(quote(&self.to_string()))
    }
}

/// A number above 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale(pub f64);

impl Value for Scale {
    const ALLOWED: &'static str = "a number above 0";

    fn read(raw: &Raw) -> Option<Self> {
        let scale: f64 = raw.number()?.parse().ok()?;
        (scale.is_finite() && scale > 0.0).then_some(Self(scale))
    }

    fn show(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

/// What the simulated network draws from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Value for Seed {
    const ALLOWED: &'static str = "a whole number of 0 or more";

    fn read(raw: &Raw) -> Option<Self> {
        raw.number()?.parse().ok().map(Self)
    }

    fn show(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

impl Value for Pace {
    const ALLOWED: &'static str = "brisk or real";

    fn read(raw: &Raw) -> Option<Self> {
        raw.text()?.parse().ok()
    }

    fn show(&self) -> Option<String> {
        Some(quote(self.as_str()))
    }
}

impl Value for Mix {
    const ALLOWED: &'static str = "ordinary or realistic";

    fn read(raw: &Raw) -> Option<Self> {
        Self::parse(raw.text()?)
    }

    fn show(&self) -> Option<String> {
        Some(quote(self.as_str()))
    }
}

impl Value for Timing {
    const ALLOWED: &'static str = Self::ALLOWED;

    fn read(raw: &Raw) -> Option<Self> {
        raw.text()?.parse().ok()
    }

    fn show(&self) -> Option<String> {
        Some(quote(&self.to_string()))
    }
}

impl Value for SenderRates {
    const ALLOWED: &'static str = Self::ALLOWED;

    fn read(raw: &Raw) -> Option<Self> {
        raw.text()?.parse().ok()
    }

    fn show(&self) -> Option<String> {
        Some(quote(&self.to_string()))
    }
}

impl Value for Carriers {
    const ALLOWED: &'static str = Self::ALLOWED;

    fn read(raw: &Raw) -> Option<Self> {
        raw.text()?.parse().ok()
    }

    fn show(&self) -> Option<String> {
        Some(quote(&self.to_string()))
    }
}

impl<T: Outcome> Value for Weights<T> {
    const ALLOWED: &'static str = Self::ALLOWED;

    fn read(raw: &Raw) -> Option<Self> {
        raw.text()?.parse().ok()
    }

    fn show(&self) -> Option<String> {
        Some(quote(&self.to_string()))
    }
}

/// The URL that it is reached under from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(pub Url);

impl Value for PublicUrl {
    const ALLOWED: &'static str =
        "a URL such as https://ringback.example, without credentials, query and fragment";

    fn read(raw: &Raw) -> Option<Self> {
        crate::args::public_url(raw.text()?).ok().map(Self)
    }

    fn show(&self) -> Option<String> {
        Some(quote(self.0.as_str()))
    }
}

/// A secret of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden(pub Secret);

impl Value for Hidden {
    const ALLOWED: &'static str = "a text of at least 16 visible ASCII characters";
    const HIDDEN: Hiding = Hiding::Yes;

    fn read(raw: &Raw) -> Option<Self> {
        let text = raw.text()?;
        let fits = text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(Secret::new(text)))
    }

    fn show(&self) -> Option<String> {
        Some(quote("[hidden]"))
    }
}

/// Whether something is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flag(pub bool);

impl Value for Flag {
    const ALLOWED: &'static str = "`true` or `false`";

    fn read(raw: &Raw) -> Option<Self> {
        match raw {
            Raw::Truth(truth) => Some(Self(*truth)),
            Raw::Words(words) => words.parse().ok().map(Self),
            Raw::Text(_) | Raw::Number(_) | Raw::List(_) | Raw::Other(_) => None,
        }
    }

    fn show(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

/// How long something holds: not for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime(pub Duration);

impl Value for Lifetime {
    const ALLOWED: &'static str = "a time such as 7d, 12h, 90m or 45s";

    fn read(raw: &Raw) -> Option<Self> {
        let Retain(lifetime) = Retain::read(raw)?;
        lifetime.map(Self)
    }

    fn show(&self) -> Option<String> {
        Some(quote(&Retain(Some(self.0)).to_string()))
    }
}

impl Value for Speech {
    const ALLOWED: &'static str = Self::ALLOWED;

    fn read(raw: &Raw) -> Option<Self> {
        raw.text()?.parse().ok()
    }

    fn show(&self) -> Option<String> {
        Some(quote(&self.to_string()))
    }
}

/// A token of somebody else's, who decides what it looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token(pub Secret);

impl Value for Token {
    const ALLOWED: &'static str = "a text of visible ASCII characters";
    const HIDDEN: Hiding = Hiding::Yes;

    fn read(raw: &Raw) -> Option<Self> {
        let text = raw.text()?;
        let fits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(Secret::new(text)))
    }

    fn show(&self) -> Option<String> {
        Some(quote("[hidden]"))
    }
}

/// Where a server of somebody else's is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(pub CallbackUrl);

impl FromStr for Endpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = CallbackUrl::parse(text).map_err(|error| error.to_string())?;
        // A key is told apart from the URL, so that the URL can be shown.
        if url.basic_credentials().is_some() || url.fragment().is_some() {
            return Err("it holds no credentials and no fragment".to_owned());
        }
        Ok(Self(url))
    }
}

impl Value for Endpoint {
    const ALLOWED: &'static str =
        "an http or https URL with its path, without credentials and fragment";

    fn read(raw: &Raw) -> Option<Self> {
        raw.text()?.parse().ok()
    }

    fn show(&self) -> Option<String> {
        Some(quote(self.0.as_given()))
    }
}

/// A name of somebody else's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(pub String);

impl FromStr for Name {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let fits = (1..=200).contains(&text.len()) && !text.contains(char::is_control);
        fits.then(|| Self(text.to_owned()))
            .ok_or("it has 1 to 200 bytes, none of them a control character")
    }
}

impl Value for Name {
    const ALLOWED: &'static str = "a text of at most 200 bytes";

    fn read(raw: &Raw) -> Option<Self> {
        raw.text()?.parse().ok()
    }

    fn show(&self) -> Option<String> {
        Some(quote(&self.0))
    }
}

/// How long somebody is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience(pub Duration);

impl Patience {
    /// Longest time that can be told, in seconds.
    const MOST_S: u64 = 3_600;
}

impl FromStr for Patience {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match seconds(text) {
            Ok(seconds @ 1..=Self::MOST_S) => Ok(Self(Duration::from_secs(seconds))),
            Ok(_) | Err(_) => Err(format!("it is {}", Self::ALLOWED)),
        }
    }
}

impl Value for Patience {
    const ALLOWED: &'static str = "a time such as 60s or 5m, 1 h at most";

    fn read(raw: &Raw) -> Option<Self> {
        raw.text()?.parse().ok()
    }

    fn show(&self) -> Option<String> {
        Some(quote(&format!("{}s", self.0.as_secs())))
    }
}

/// What carries out calls and messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkKind {
    /// Nothing: they are reported.
    None,
    /// The simulated network.
    Simulated,
}

impl FromStr for NetworkKind {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        match word {
            "none" => Ok(Self::None),
            "simulated" => Ok(Self::Simulated),
            _ => Err(()),
        }
    }
}

impl Value for NetworkKind {
    const ALLOWED: &'static str = "none or simulated";

    fn read(raw: &Raw) -> Option<Self> {
        raw.text()?.parse().ok()
    }

    fn show(&self) -> Option<String> {
        Some(quote(match self {
            Self::None => "none",
            Self::Simulated => "simulated",
        }))
    }
}

impl Value for LogFormat {
    const ALLOWED: &'static str = "text or json";

    fn read(raw: &Raw) -> Option<Self> {
        Self::from_str(raw.text()?, false).ok()
    }

    fn show(&self) -> Option<String> {
        Some(quote(match self {
            Self::Text => "text",
            Self::Json => "json",
        }))
    }
}

/// A basic string of TOML.
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.extend([format!("\\u{:04X}", u32::from(c))]),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Raw {
        Raw::Words(text.to_owned())
    }

    #[test]
    fn a_variable_holds_any_type_and_the_file_the_right_one_alone() {
        assert_eq!(Count::read(&words("12")), Some(Count(12)));
        assert_eq!(Count::read(&Raw::Number("12".to_owned())), Some(Count(12)));
        assert_eq!(Count::read(&Raw::Text("12".to_owned())), None);
        for bad in ["0", "-1", "1.5", "many", ""] {
            assert_eq!(Count::read(&words(bad)), None, "{bad}");
        }
        let networks = Vec::<IpNet>::read(&words("10.0.0.0/8, ::1")).unwrap();
        assert_eq!(networks.len(), 2);
        assert_eq!(Vec::<IpNet>::read(&words("10.0.0.0/8,x")), None);
        assert_eq!(
            Vec::<IpNet>::read(&Raw::Text("10.0.0.0/8".to_owned())),
            None
        );
    }

    #[test]
    fn a_recogniser_is_told_in_words_that_can_be_shown() {
        let endpoint = "http://127.0.0.1:8081/v1/audio/transcriptions";
        let read = Endpoint::read(&words(endpoint)).unwrap();
        assert_eq!(read.show().unwrap(), quote(endpoint));
        for bad in [
            "whisper:8081",
            "ftp://a/",
            "http://u:p@a/",
            "http://a/#x",
            "",
        ] {
            assert_eq!(Endpoint::read(&words(bad)), None, "{bad}");
        }
        assert_eq!(
            Patience::read(&words("5m")).unwrap().show().unwrap(),
            "\"300s\""
        );
        for bad in ["0s", "2h", "60", "", "1.5s"] {
            assert_eq!(Patience::read(&words(bad)), None, "{bad}");
        }
        assert!(Name::read(&words("Systran/faster-whisper-base")).is_some());
        assert_eq!(Name::read(&words("a\nb")), None);
        assert_eq!(Name::read(&words("")), None);
        let token = Token::read(&words("sk-1")).unwrap();
        assert!(!token.show().unwrap().contains("sk"));
        assert_eq!(Token::read(&words("s k")), None);
    }

    #[test]
    fn what_is_shown_reads_back() {
        assert_eq!(quote("a\"b\\c"), r#""a\"b\\c""#);
        assert_eq!(Scale(1.0).show().unwrap(), "1");
        let hidden = Hidden::read(&words("0123456789abcdef")).unwrap();
        assert!(!hidden.show().unwrap().contains("0123"));
    }
}
