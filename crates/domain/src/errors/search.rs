//! Looking through the catalogue: by words, and by what was perhaps meant.

use std::cmp::Reverse;

use strsim::osa_distance;

use super::catalogue::{Entry, entries, entry};

/// The codes that have every word of `text` in them, the best first, in any case: a word of the
/// code counts most, then its meaning, then what to do.
pub fn find(text: &str) -> Vec<&'static Entry> {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    if words.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(u32, &Entry)> = entries()
        .iter()
        .filter_map(|entry| Some((score(entry, &words)?, entry)))
        .collect();
    // Stable: among equals, the order of the catalogue.
    found.sort_by_key(|(score, _)| Reverse(*score));
    found.into_iter().map(|(_, entry)| entry).collect()
}

/// The code or word of the catalogue that looks most like `text`, if one does: no more than a
/// third of it has to be changed.
pub fn nearest(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let bound = text.chars().count() / 3;
    let near = |word: &str| Some((osa_distance(&text, word), word.to_owned()));
    let codes = entries().iter().filter_map(|entry| near(&entry.code));
    let words = entries().iter().flat_map(words_of);
    let words = words.filter_map(|word| near(&word));
    let (distance, nearest) = codes.chain(words).min()?;
    (distance <= bound).then_some(nearest)
}

/// The codes that a remark names in brackets, as `(warning 12100)` or `(11200)`.
pub fn mentioned(text: &str) -> Vec<&'static Entry> {
    let brackets = text.split('(').skip(1);
    let inside = brackets.filter_map(|rest| Some(rest.split_once(')')?.0));
    let last = inside.filter_map(|inside| inside.split_whitespace().last());
    last.filter_map(entry).collect()
}

/// How well an entry answers; `None` if a word is nowhere in it.
fn score(entry: &Entry, words: &[String]) -> Option<u32> {
    let code = entry.code.to_lowercase();
    let meanings = [
        Some(&entry.meaning),
        entry.signalwire.as_ref(),
        entry.twilio.as_ref(),
    ];
    let meaning = meanings.into_iter().flatten().cloned().collect::<Vec<_>>();
    let meaning = meaning.join(" ").to_lowercase();
    let remedy = entry.remedy.to_lowercase();
    let each = words.iter().map(|word| {
        let fits = [
            (code == *word, 16),
            (code.contains(word.as_str()), 8),
            (has_word(&meaning, word), 4),
            (meaning.contains(word.as_str()), 3),
            (has_word(&remedy, word), 2),
            (remedy.contains(word.as_str()), 1),
        ];
        fits.into_iter()
            .find(|(fits, _)| *fits)
            .map(|(_, score)| score)
    });
    each.sum()
}

/// Whether a word begins with `word` in `text`: "block" is meant by who writes "blocked" too.
fn has_word(text: &str, word: &str) -> bool {
    let mut starts = text.match_indices(word).map(|(at, _)| at);
    starts.any(|at| !text[..at].ends_with(char::is_alphanumeric))
}

/// The longer words of what an entry means and says to do.
fn words_of(entry: &Entry) -> Vec<String> {
    let text = format!("{} {}", entry.meaning, entry.remedy).to_lowercase();
    let words = text.split(|c: char| !c.is_alphanumeric());
    let long = words.filter(|word| word.len() > 3);
    long.map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<&'static str> {
        find(text).into_iter().map(|it| it.code.as_str()).collect()
    }

    #[test]
    fn every_word_has_to_be_there_in_any_case() {
        let found = codes("Handset UNREACHABLE");
        assert_eq!(found[..2], ["unreachable_destination_handset", "30003"]);
        assert!(codes("handset elephant").is_empty());
        assert!(codes(" ").is_empty());
    }

    #[test]
    fn a_code_comes_before_what_only_speaks_of_it() {
        assert_eq!(codes("30003")[0], "30003");
        assert_eq!(codes("url_is_unsafe")[0], "url_is_unsafe");
        assert_eq!(codes("three redirects")[0], "11215");
    }

    #[test]
    fn what_twilio_means_is_found_too() {
        assert!(codes("account suspended").contains(&"30002"));
    }

    #[test]
    fn codes_in_brackets_are_those_that_a_remark_names() {
        let check = |text, expected: &[&str]| {
            let codes: Vec<&str> = mentioned(text)
                .into_iter()
                .map(|it| it.code.as_str())
                .collect();
            assert_eq!(codes, expected, "{text}");
        };
        check("line 1: this verb is left out (warning 13750)", &["13750"]);
        check(
            "No document: nobody listens (11200). The call ends (document_depth_exceeded)",
            &["11200", "document_depth_exceeded"],
        );
        check("30003 callbacks (of 30003 that there were) wait (", &[]);
    }

    #[test]
    fn a_slip_of_the_hand_is_forgiven() {
        let check = |text, expected| assert_eq!(nearest(text).as_deref(), expected, "{text}");
        check("300003", Some("30003"));
        check("url_is_unsave", Some("url_is_unsafe"));
        check("hanset", Some("handset"));
        check("xyzzyx", None);
        check("", None);
    }
}
