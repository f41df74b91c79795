//! The YAML of a workflow, as far as its words matter here. Unlike the policy's reader it takes what
//! GitHub takes: aliases, tags, any key.

use std::collections::HashMap;

use granit_parser::{Event, Options, Parser, StrInput};

/// The largest workflow. GitHub takes half of it.
const MAX_BYTES: usize = 1024 * 1024;
/// The most values, those that aliases repeat included.
const MAX_NODES: usize = 50_000;
const MAX_DEPTH: usize = 64;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Yaml {
    Scalar(String),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

impl Yaml {
    /// The first document of a text.
    pub(super) fn read(text: &str) -> Result<Self, &'static str> {
        if text.len() > MAX_BYTES {
            return Err("it is larger than 1 MiB");
        }
        let mut options = Options::default();
        options.flow_nesting_limit = MAX_DEPTH;
        options.block_nesting_limit = MAX_DEPTH;
        let events = Parser::new_from_str_with_options(text, options);
        Reader { events, anchors: HashMap::new(), nodes: 0 }.document()
    }

    /// The value of a key of a mapping.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Self::Map(entries) = self else { return None };
        entries.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            // The parser writes an absent value as `~`.
            Self::Scalar(text) if !text.is_empty() && text != "~" => Some(text),
            _ => None,
        }
    }

    /// The entries of a mapping.
    pub(super) fn entries(&self) -> &[(String, Self)] {
        if let Self::Map(entries) = self { entries } else { &[] }
    }

    /// The items of a list.
    pub(super) fn items(&self) -> &[Self] {
        if let Self::List(items) = self { items } else { &[] }
    }

    /// The texts of a list, or the only one.
    pub(super) fn texts(&self) -> Vec<&str> {
        match self {
            Self::List(items) => items.iter().filter_map(Self::text).collect(),
            single => single.text().into_iter().collect(),
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Scalar(_) => 1,
            Self::List(items) => 1 + items.iter().map(Self::size).sum::<usize>(),
            Self::Map(entries) => 1 + entries.iter().map(|(_, it)| 1 + it.size()).sum::<usize>(),
        }
    }
}

struct Reader<'a> {
    events: Parser<'a, StrInput<'a>>,
    anchors: HashMap<usize, Yaml>,
    nodes: usize,
}

const NOT_YAML: &str = "it is not valid YAML";

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Event<'a>, &'static str> {
        match self.events.next_event() {
            Some(Ok((event, _))) => Ok(event),
            Some(Err(_)) => Err(NOT_YAML),
            None => Ok(Event::StreamEnd),
        }
    }

    fn document(&mut self) -> Result<Yaml, &'static str> {
        loop {
            match self.next()? {
                Event::StreamEnd => return Err("it is empty"),
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                event => return self.node(event),
            }
        }
    }

    fn node(&mut self, event: Event<'a>) -> Result<Yaml, &'static str> {
        self.count(1)?;
        let (anchor, value) = match event {
            Event::Scalar(text, _, anchor, _) => (anchor, Yaml::Scalar(text.into_owned())),
            Event::SequenceStart(_, anchor, _) => (anchor, self.list()?),
            Event::MappingStart(_, anchor, _) => (anchor, self.map()?),
            Event::Alias(anchor) => {
                let value = self.anchors.get(&anchor).cloned().ok_or(NOT_YAML)?;
                self.count(value.size())?;
                return Ok(value);
            }
            _ => return Err(NOT_YAML),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, value.clone());
        }
        Ok(value)
    }

    fn count(&mut self, more: usize) -> Result<(), &'static str> {
        self.nodes += more;
        if self.nodes > MAX_NODES { Err("it has too many values") } else { Ok(()) }
    }

    fn list(&mut self) -> Result<Yaml, &'static str> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                Event::SequenceEnd => return Ok(Yaml::List(items)),
                event => items.push(self.node(event)?),
            }
        }
    }

    fn map(&mut self) -> Result<Yaml, &'static str> {
        let mut entries = Vec::new();
        loop {
            let key = match self.next()? {
                Event::MappingEnd => return Ok(Yaml::Map(entries)),
                event => self.node(event)?,
            };
            let event = self.next()?;
            let value = self.node(event)?;
            if let Yaml::Scalar(key) = key {
                entries.push((key, value));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lists_and_aliases_are_read() {
        let text = "on: &events\n  push: { branches: [main] }\nagain: *events\n\"x\": !!str 1\n";
        let yaml = Yaml::read(text).unwrap();
        assert_eq!(yaml.get("again"), yaml.get("on"));
        let branches = yaml.get("on").and_then(|on| on.get("push")?.get("branches"));
        assert_eq!(branches.map(Yaml::texts), Some(vec!["main"]));
        assert_eq!(yaml.get("x").and_then(Yaml::text), Some("1"));
        assert_eq!(yaml.get("y"), None);
    }

    #[test]
    fn what_is_not_yaml_is_an_error_and_aliases_cannot_grow_without_end() {
        for wrong in ["", "a: [", "a: *b", "\t- x: {"] {
            assert!(Yaml::read(wrong).is_err(), "{wrong}");
        }
        let mut bomb = "a0: &a0 [x]\n".to_owned();
        for level in 1..20 {
            let below = format!("*a{},", level - 1).repeat(10);
            bomb += &format!("a{level}: &a{level} [{below}]\n");
        }
        assert_eq!(Yaml::read(&bomb), Err("it has too many values"));
    }
}
