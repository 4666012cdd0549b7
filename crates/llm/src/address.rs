//! Where a server is.

use reqwest::Url;

/// The address of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(Url);

/// Words that are no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the address of a server")]
pub struct AddressError(String);

impl Address {
    /// An address as Ollama takes it: `host:port` alone is http, and `host` alone has Ollama's port.
    ///
    /// # Errors
    /// It is no URL of http or https with a host.
    pub fn parse(address: &str) -> Result<Self, AddressError> {
        let address = address.trim();
        let bare = !address.contains("://");
        let full = if bare {
            format!("http://{address}")
        } else {
            address.to_owned()
        };
        let wrong = || AddressError(address.to_owned());
        let mut url = Url::parse(&full).map_err(|_| wrong())?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(wrong());
        }
        // `0.0.0.0` is where a server listens, not where it is reached.
        if url.host_str() == Some("0.0.0.0") {
            url.set_host(Some("127.0.0.1")).map_err(|_| wrong())?;
        }
        if bare && url.port().is_none() {
            url.set_port(Some(11_434)).map_err(|()| wrong())?;
        }
        Ok(Self(url))
    }

    /// Its host.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// True where it can only be this machine.
    pub fn is_local(&self) -> bool {
        let host = self.host().trim_start_matches('[').trim_end_matches(']');
        let number = host.parse::<std::net::IpAddr>();
        host == "localhost" || number.is_ok_and(|address| address.is_loopback())
    }

    pub(crate) fn url(self) -> Url {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_as_ollama_takes_them() {
        for (address, url) in [
            ("127.0.0.1", "http://127.0.0.1:11434/"),
            ("localhost:8080", "http://localhost:8080/"),
            ("http://127.0.0.1", "http://127.0.0.1/"),
            ("0.0.0.0:11434", "http://127.0.0.1:11434/"),
            ("http://[::1]:11434/", "http://[::1]:11434/"),
        ] {
            let address = Address::parse(address).unwrap();
            assert!(address.is_local());
            assert_eq!(address.url().as_str(), url);
        }
        assert!(Address::parse("ftp://127.0.0.1").is_err() && Address::parse("http://").is_err());
        let far = Address::parse("http://gpu.example:11434").unwrap();
        assert!(!far.is_local() && far.host() == "gpu.example");
    }
}
