//! What `ringback dev` says when it is ready: where it is, who may use it, and the lines to
//! copy into a program. The one place where credentials are shown.
//!
//! The lines for Python and Node get around traps of the SDKs: the Python one takes
//! `localhost:8443` for `https://8443/` and no CA from the environment; the Node one takes it
//! from there alone.

use std::fmt;

use crate::credentials::Credentials;
use crate::output::Heading;
use crate::ready::Addresses;

/// The text, with colours.
pub struct Banner<'a> {
    /// Where it is.
    pub addresses: &'a Addresses,
    /// The folder that everything is kept in.
    pub data: &'a std::path::Path,
    /// Who may use it.
    pub credentials: &'a Credentials,
}

impl fmt::Display for Banner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Addresses {
            http,
            https,
            ca_file,
        } = self.addresses;
        let (ca_file, host) = (ca_file.display(), https.trim_start_matches("https://"));
        let (project, data) = (self.credentials.project, self.data.display());
        let token = self.credentials.token.reveal();
        let version = env!("CARGO_PKG_VERSION");
        writeln!(
            f,
            "{}\n",
            Heading(&format!("Ringback {version}, for development"))
        )?;
        writeln!(f, "  HTTP            {http}")?;
        writeln!(f, "  HTTPS           {https}")?;
        writeln!(f, "  CA file         {ca_file}")?;
        writeln!(f, "  Data            {data}\n")?;
        writeln!(f, "  Project id      {project}")?;
        let alias = self.credentials.project.alias();
        writeln!(f, "  Alias           {alias}, for npm twilio")?;
        writeln!(f, "  API token       {token}")?;
        writeln!(
            f,
            "  Signing key     {}",
            self.credentials.signing_key.reveal()
        )?;
        writeln!(
            f,
            "  Webhook secret  {}\n",
            self.credentials.webhook_secret()
        )?;
        writeln!(f, "{}\n", Heading("Python (pip install signalwire==2.1.1)"))?;
        writeln!(
            f,
            "  # This SDK misreads localhost:PORT, and ignores REQUESTS_CA_BUNDLE."
        )?;
        writeln!(f, "  from signalwire.rest import Client")?;
        writeln!(f, "  client = Client(\"{project}\", {token:?},")?;
        writeln!(f, "                  signalwire_space_url=\"{host}\")")?;
        writeln!(
            f,
            "  client.http_client.session.verify = {:?}\n",
            ca_file.to_string()
        )?;
        writeln!(
            f,
            "{}\n",
            Heading("Node (npm install @signalwire/compatibility-api)")
        )?;
        writeln!(
            f,
            "  export NODE_EXTRA_CA_CERTS={}\n",
            shell(&ca_file.to_string())
        )?;
        writeln!(
            f,
            "  const {{ RestClient }} = require(\"@signalwire/compatibility-api\");"
        )?;
        writeln!(f, "  const client = RestClient(\"{project}\", {token:?},")?;
        writeln!(f, "    {{ signalwireSpaceUrl: \"{host}\" }});")
    }
}

/// A word of a shell's command line.
pub fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    #[test]
    fn the_banner_has_everything_that_is_to_be_copied() {
        let addresses = Addresses {
            http: "http://127.0.0.1:8080".to_owned(),
            https: "https://127.0.0.1:8443".to_owned(),
            ca_file: PathBuf::from("/home/ann lee/.local/share/ringback/tls/ca.pem"),
        };
        let banner = Banner {
            addresses: &addresses,
            data: Path::new("/home/ann lee/.local/share/ringback"),
            credentials: &Credentials::for_development(None),
        };
        let text = banner.to_string();
        insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string());
    }

    #[test]
    fn a_shell_reads_a_word_back() {
        assert_eq!(shell("/plain/path.pem"), "/plain/path.pem");
        assert_eq!(shell("it's"), r"'it'\''s'");
    }
}
