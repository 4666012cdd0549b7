//! W3C trace context: which trace a request belongs to.

use axum::http::HeaderMap;

/// A caller's span: its trace and its own id, in hexadecimal digits.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TraceParent {
    pub(crate) trace: String,
    pub(crate) parent: String,
    /// The caller records the trace.
    pub(crate) sampled: bool,
}

impl TraceParent {
    /// Reads `traceparent` (<https://www.w3.org/TR/trace-context/>, version 00 and what later ones keep of it); `None` if it
    /// is missing or not well formed.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut parts = headers.get("traceparent")?.to_str().ok()?.split('-');
        let (version, trace, parent, flags) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_hex = |text: &str, length: usize| {
            text.len() == length
                && text
                    .bytes()
                    .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let is_some = |text: &str| text.bytes().any(|byte| byte != b'0');
        let well_formed = is_hex(version, 2)
            && version != "ff"
            && (version != "00" || parts.next().is_none())
            && is_hex(trace, 32)
            && is_some(trace)
            && is_hex(parent, 16)
            && is_some(parent)
            && is_hex(flags, 2);
        well_formed.then(|| Self {
            trace: trace.to_owned(),
            parent: parent.to_owned(),
            // The lowest bit of the flags.
            sampled: flags.ends_with(['1', '3', '5', '7', '9', 'b', 'd', 'f']),
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn read(header: &'static str) -> Option<TraceParent> {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", HeaderValue::from_static(header));
        TraceParent::of(&headers)
    }

    #[test]
    fn a_trace_is_read_as_the_standard_writes_it() {
        let found = read("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").unwrap();
        assert_eq!(found.trace, "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(found.parent, "b7ad6b7169203331");
        assert!(found.sampled);
        let unseen = read("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
        assert!(!unseen.unwrap().sampled);
        assert!(read("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more").is_some());
        for wrong in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
