//! `matchwright rules`: checks rule sets and shows what is wrong in their text; prints their plan and their schema.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use clap::Subcommand;
use comfy_table::Table;
use matchwright_model::PartyPolicy;
use matchwright_rules::plan::Plan;
use matchwright_rules::{Diagnostic, Options, SCHEMA, Severity, compile};

/// Checks rule sets, shows how they are carried out, or prints their schema.
#[derive(Debug, Subcommand)]
pub enum Rules {
    /// Check rule sets; every problem is shown where it is.
    #[command(after_help = "Examples:
  matchwright rules check duel.json teams.json
  curl -s https://example.com/rules.json | matchwright rules check -
  matchwright rules check --json duel.json

Exit codes: 0 all are right, 1 at least one is not, 2 a file could not be read.")]
    Check {
        /// Files with a rule set each; - reads standard input
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// One JSON object per file, for programs
        #[arg(long)]
        json: bool,
        /// Unknown keys only warn
        #[arg(long)]
        lenient: bool,
    },
    /// Show how a rule set is carried out: what each rule became, and what it costs.
    #[command(after_help = "Examples:
  matchwright rules plan teams.json

A rule that chooses the bucket costs nothing per candidate. A check reads a few numbers that are kept per team. What
numbers cannot say is residual: the interpreter looks at it when a match is put together.

Exit codes: 0 shown, 1 the rule set is not right, 2 the file could not be read.")]
    Plan {
        /// A file with a rule set; - reads standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Print the JSON Schema of rule sets, for editors.
    #[command(after_help = "Examples:
  matchwright rules schema > rule-set.schema.json

An editor that knows JSON Schema then completes and explains rule sets. In VS Code, settings.json:
  \"json.schemas\": [{ \"fileMatch\": [\"rules/*.json\"], \"url\": \"./rule-set.schema.json\" }]

A schema sees the shape of a rule set; names, expressions and statements are checked by `matchwright rules check`.")]
    Schema,
}

impl Rules {
    pub fn run(self) -> ExitCode {
        match self {
            Self::Check { files, json, lenient } => check(&files, json, lenient),
            Self::Plan { file } => plan(&file),
            Self::Schema => {
                print!("{SCHEMA}");
                ExitCode::SUCCESS
            }
        }
    }
}

fn plan(file: &Path) -> ExitCode {
    let body = match read(file) {
        Ok(body) => body,
        Err(error) => {
            eprintln!("error: {}: cannot be read: {error}; correct the path", file.display());
            return ExitCode::from(2);
        }
    };
    let rules = match compile(&body, Options { unknown_keys_warn: true }) {
        Ok((rules, _)) => rules,
        Err(found) => {
            show(file, &body, false, &found);
            return ExitCode::FAILURE;
        }
    };
    let plan = Plan::of(&rules, PartyPolicy::Individual);
    let mut table = Table::new();
    table.load_style(comfy_table::presets::UTF8_HORIZONTAL_ONLY);
    table.set_content_arrangement(comfy_table::ContentArrangement::Dynamic);
    table.set_header(["rule", "becomes", "costs"]);
    for one in plan.explain(&rules) {
        table.add_row([one.rule, one.becomes, one.costs]);
    }
    println!("{table}");
    let list = |title: &str, lines: Vec<String>| {
        println!("\n{title}");
        lines.iter().for_each(|line| println!("  {line}"));
    };
    list("Kept of every ticket, beside its players:", plan.explain_columns(&rules));
    list("Looked for:", plan.explain_steer(&rules));
    ExitCode::SUCCESS
}

fn check(files: &[PathBuf], json: bool, lenient: bool) -> ExitCode {
    let mut worst = 0;
    for file in files {
        let body = match read(file) {
            Ok(body) => body,
            Err(error) => {
                eprintln!("error: {}: cannot be read: {error}; correct the path", file.display());
                worst = 2;
                continue;
            }
        };
        let (is_right, found) = match compile(&body, Options { unknown_keys_warn: lenient }) {
            Ok((_, warnings)) => (true, warnings),
            Err(found) => (false, found),
        };
        worst = worst.max(u8::from(!is_right));
        match json {
            true => println!("{}", as_json(file, is_right, &found)),
            false => show(file, &body, is_right, &found),
        }
    }
    ExitCode::from(worst)
}

fn read(file: &Path) -> std::io::Result<String> {
    if file != Path::new("-") {
        return std::fs::read_to_string(file);
    }
    let mut body = String::new();
    std::io::stdin().read_to_string(&mut body)?;
    Ok(body)
}

fn show(file: &Path, body: &str, is_right: bool, found: &[Diagnostic]) {
    let name = file.display().to_string();
    let renderer = Renderer::plain();
    for one in found {
        println!("{}\n", renderer.render(&report(&name, body, one)));
    }
    match is_right {
        true => println!("{name}: right"),
        false => println!(
            "{name}: {} problems",
            found.iter().filter(|one| one.severity == Severity::Error).count()
        ),
    }
}

fn report<'a>(name: &'a str, body: &'a str, one: &'a Diagnostic) -> Vec<annotate_snippets::Group<'a>> {
    let level = match one.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(format!("expected {}", one.expected)).id(one.code);
    let end = one.span.end.min(body.len());
    let span = one.span.start.min(end)..end;
    let label = AnnotationKind::Primary.span(span).label(format!("found {}", one.found));
    let mut groups = vec![title.element(Snippet::source(body).path(name).annotation(label))];
    groups.extend(one.hint.as_ref().map(|hint| {
        Level::HELP.secondary_title(hint.as_str()).elements(Vec::<annotate_snippets::Message<'_>>::new())
    }));
    groups
}

fn as_json(file: &Path, is_right: bool, found: &[Diagnostic]) -> serde_json::Value {
    let one = |one: &Diagnostic| {
        serde_json::json!({
            "code": one.code,
            "severity": match one.severity { Severity::Error => "error", Severity::Warning => "warning" },
            "path": one.path,
            "line": one.line,
            "column": one.column,
            "start": one.span.start,
            "end": one.span.end,
            "expected": one.expected,
            "found": one.found,
            "hint": one.hint,
        })
    };
    let found: Vec<serde_json::Value> = found.iter().map(one).collect();
    serde_json::json!({ "file": file.display().to_string(), "valid": is_right, "diagnostics": found })
}
