//! A form with a file: `multipart/form-data` (RFC 7578).
//!
//! Made by the recogniser for each request. Invariant: the boundary is nowhere in the file.

/// A form that is being written.
pub struct Form {
    boundary: String,
    body: Vec<u8>,
}

/// Room for all but the file, in bytes.
const USUAL_BYTES: usize = 1_024;

impl Form {
    /// An empty one, which can hold `file`.
    pub fn around(file: &[u8]) -> Self {
        Self {
            boundary: boundary(file),
            body: Vec::with_capacity(file.len() + USUAL_BYTES),
        }
    }

    /// Adds a field. Its name and value are ours and the operator's: whatever would end a line
    /// in a value is data to the reader, who looks for the boundary alone.
    pub fn text(&mut self, name: &str, value: &str) {
        self.part(
            &format!("form-data; name=\"{name}\""),
            None,
            value.as_bytes(),
        );
    }

    /// Adds the file.
    pub fn file(&mut self, name: &str, file_name: &str, media_type: &str, file: &[u8]) {
        let disposition = format!("form-data; name=\"{name}\"; filename=\"{file_name}\"");
        self.part(&disposition, Some(media_type), file);
    }

    /// The request's `Content-Type`.
    pub fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    /// The request's body.
    pub fn finish(mut self) -> Vec<u8> {
        self.body
            .extend_from_slice(format!("--{}--\r\n", self.boundary).as_bytes());
        self.body
    }

    fn part(&mut self, disposition: &str, media_type: Option<&str>, content: &[u8]) {
        let mut head = format!(
            "--{}\r\nContent-Disposition: {disposition}\r\n",
            self.boundary
        );
        if let Some(media_type) = media_type {
            head.push_str("Content-Type: ");
            head.push_str(media_type);
            head.push_str("\r\n");
        }
        head.push_str("\r\n");
        self.body.extend_from_slice(head.as_bytes());
        self.body.extend_from_slice(content);
        self.body.extend_from_slice(b"\r\n");
    }
}

/// A boundary that is not in `file`: there are fewer of them in it than it has bytes.
fn boundary(file: &[u8]) -> String {
    let candidates = (0..=file.len()).map(|number| format!("ringback-form-{number}-boundary"));
    let is_free = |candidate: &String| memchr::memmem::find(file, candidate.as_bytes()).is_none();
    let mut free = candidates.filter(is_free);
    free.next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_written_as_the_rfc_has_it() {
        let mut form = Form::around(b"RIFF");
        form.text("model", "base");
        form.file("file", "a.wav", "audio/wav", b"RIFF");
        let kind = "multipart/form-data; boundary=ringback-form-0-boundary";
        assert_eq!(form.content_type(), kind);
        let expected = concat!(
            "--ringback-form-0-boundary\r\n",
            "Content-Disposition: form-data; name=\"model\"\r\n\r\nbase\r\n",
            "--ringback-form-0-boundary\r\n",
            "Content-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n",
            "Content-Type: audio/wav\r\n\r\nRIFF\r\n",
            "--ringback-form-0-boundary--\r\n",
        );
        assert_eq!(String::from_utf8(form.finish()).unwrap(), expected);
    }

    #[test]
    fn the_boundary_is_nowhere_in_the_file() {
        let file = b"..ringback-form-0-boundary..ringback-form-1-boundary..";
        assert_eq!(boundary(file), "ringback-form-2-boundary");
    }
}
