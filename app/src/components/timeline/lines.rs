//! The lines of a run: its phases, and in each the steps of one kind and wave taken together.

use super::{pauses, phase_word, spoken};
use crate::components::waves::wave_of;
use domain::Timestamp;
use domain::execution::{Phase, StepKind, StepState};
use domain::plan::PlanStatus;
use domain::view::{RunDetail, StepRow};

/// A line of the list: a phase, or the steps of one kind in one wave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeLine {
    /// What tells it from the others.
    pub key: String,
    /// Its words.
    pub label: String,
    /// How many modules, in lighter ink.
    pub note: String,
    /// Where it stands.
    pub state: StepState,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// It belongs to the phase above it.
    pub sub: bool,
    /// What went wrong: module, sentence, line of the log.
    pub errors: Vec<(Option<String>, String, Option<u64>)>,
    /// The line of the log to go to.
    pub log_line: Option<u64>,
    /// It is no step: the run waited for somebody.
    pub rests: bool,
}

/// The lines of a run.
pub fn time_lines(run: &RunDetail) -> Vec<TimeLine> {
    let mut lines = Vec::new();
    for phase in &run.phases {
        let steps: Vec<&StepRow> = run
            .steps
            .iter()
            .filter(|s| s.phase == phase.phase)
            .collect();
        // A phase in which something was skipped and the rest is done is done.
        let state = if steps.is_empty() {
            phase.state
        } else {
            joined(steps.iter().map(|s| s.state))
        };
        lines.push(TimeLine {
            key: phase_word(phase.phase).to_owned(),
            label: phase_word(phase.phase).to_owned(),
            note: String::new(),
            state,
            started: phase.started,
            finished: steps
                .iter()
                .filter_map(|s| s.finished)
                .max()
                .or(phase.finished)
                .filter(|_| state != StepState::Running),
            sub: false,
            errors: Vec::new(),
            log_line: steps.iter().find_map(|s| s.log_line),
            rests: false,
        });
        let mut groups: Vec<(StepKind, u32)> = Vec::new();
        for step in &steps {
            let group = (step.kind, shown_wave(run, step));
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        for (kind, wave) in groups {
            let mut group: Vec<&StepRow> = steps
                .iter()
                .copied()
                .filter(|s| (s.kind, shown_wave(run, s)) == (kind, wave))
                .collect();
            // A run that goes back asks its target anew; what it said before does not count.
            if kind == StepKind::Synchronize {
                group.drain(..group.len() - 1);
            }
            lines.push(group_line(
                phase.phase,
                kind,
                wave,
                &group,
                &run.plan.target,
            ));
        }
    }
    // What waits for a person stands still, also half-way.
    if run.plan.status == PlanStatus::NeedsIntervention {
        for line in lines.iter_mut().filter(|l| l.state == StepState::Running) {
            line.state = StepState::Waiting;
            line.started = None;
        }
    }
    add_pauses(run, &mut lines);
    lines
}

/// Puts each pause where the run went on after it, and the one that lasts before what is to come.
fn add_pauses(run: &RunDetail, lines: &mut Vec<TimeLine>) {
    let over = pauses(run).into_iter().map(|p| (p.from, Some(p.to)));
    let lasting = run.plan.stamps.paused.map(|from| (from, None));
    for (from, to) in over.chain(lasting).collect::<Vec<_>>() {
        let later = |line: &TimeLine| match (line.started, to) {
            (Some(started), Some(to)) => started >= to,
            (None, None) => line.state == StepState::Waiting && !line.sub,
            _ => false,
        };
        let before = |line: &TimeLine| line.started.is_some_and(|started| started <= from);
        let at = lines.iter().position(later).unwrap_or_else(|| {
            // It was stopped then: what is left never began.
            let last = lines.iter().rposition(before);
            last.map_or(lines.len(), |last| last + 1)
        });
        let pause = TimeLine {
            key: format!("pause-{}", from.0),
            label: "Paused".to_owned(),
            note: to.map_or_else(String::new, |to| format!("for {}", spoken(to.since(from)))),
            state: StepState::Waiting,
            started: Some(from),
            finished: to,
            sub: false,
            errors: Vec::new(),
            log_line: None,
            rests: true,
        };
        lines.insert(at, pause);
    }
}

/// Waves matter where things change one after the other; before that they would only make the
/// list long.
fn shown_wave(run: &RunDetail, step: &StepRow) -> u32 {
    match step.kind {
        StepKind::Activate | StepKind::SwitchBack => wave_of(run, step),
        _ => 0,
    }
}

fn group_line(
    phase: Phase,
    kind: StepKind,
    wave: u32,
    steps: &[&StepRow],
    target: &str,
) -> TimeLine {
    let total = steps.len();
    let done = steps
        .iter()
        .filter(|s| s.state == StepState::Succeeded)
        .count();
    let state = joined(steps.iter().map(|s| s.state));
    let one_of = |one: &str, many: &str| {
        if total == 1 {
            one.to_owned()
        } else {
            many.replace('#', &total.to_string())
        }
    };
    let in_wave = |verb: &str| {
        if wave == 0 {
            one_of(&format!("{verb} 1 module"), &format!("{verb} # modules"))
        } else {
            format!("{verb} wave {wave}")
        }
    };
    let label = match kind {
        StepKind::Transfer => copied(steps),
        StepKind::Stage => in_wave("Stage and verify"),
        StepKind::Activate => in_wave("Switch"),
        StepKind::Remove => one_of("Remove 1 module", "Remove # modules"),
        StepKind::SwitchBack if wave == 0 => one_of(
            "Bring back 1 removed module",
            "Bring back # removed modules",
        ),
        StepKind::SwitchBack => in_wave("Switch back"),
        StepKind::CleanUp => "Clean up".to_owned(),
        StepKind::Record => "Record versions".to_owned(),
        StepKind::Synchronize => format!("Synchronize {target}"),
        StepKind::Settings => one_of(
            "New site property values for 1 module",
            "New site property values for # modules",
        ),
    };
    let note = match state {
        StepState::Running if total > 1 => format!("{done} of {total}"),
        _ if wave > 0 => total.to_string(),
        _ => String::new(),
    };
    let ended = matches!(
        state,
        StepState::Succeeded | StepState::Failed | StepState::Skipped
    );
    TimeLine {
        key: format!("{phase:?}-{kind:?}-{wave}"),
        label,
        note,
        state,
        started: steps.iter().filter_map(|s| s.started).min(),
        finished: if ended {
            steps.iter().filter_map(|s| s.finished).max()
        } else {
            None
        },
        sub: true,
        errors: steps
            .iter()
            .filter_map(|s| {
                let error = s.error.clone()?;
                let module = s.module.as_ref().map(|m| &m.1);
                let linked = || s.linked.as_ref().map(|l| &l.0);
                Some((module.or_else(linked).cloned(), error, s.log_line))
            })
            .collect(),
        log_line: steps.iter().find_map(|s| s.log_line),
        rests: false,
    }
}

/// What is copied to the agent: the modules that the run brings, and producers that are linked into
/// them.
fn copied(steps: &[&StepRow]) -> String {
    let mut linked = steps.iter().filter_map(|s| s.linked.as_ref());
    let first = linked.next();
    let more = linked.count() + usize::from(first.is_some());
    let modules = match steps.len() - more {
        1 => "1 module".to_owned(),
        n => format!("{n} modules"),
    };
    match (first, more) {
        (Some((name, into)), 1) => {
            let into = match &into[..] {
                [only] => only.clone(),
                several => format!("{} modules", several.len()),
            };
            format!("Copy {modules}, and {name} to link into {into}")
        }
        (Some(_), n) => format!("Copy {modules}, and {n} producers to link into them"),
        (None, _) => format!("Copy {modules}"),
    }
}

/// The state of several steps together: a failure shows first, then work under way.
pub fn joined(states: impl Iterator<Item = StepState>) -> StepState {
    let mut seen = [false; 5];
    for state in states {
        seen[state as usize] = true;
    }
    let has = |state: StepState| seen[state as usize];
    if has(StepState::Failed) {
        StepState::Failed
    } else if has(StepState::Running) || (has(StepState::Succeeded) && has(StepState::Waiting)) {
        StepState::Running
    } else if has(StepState::Waiting) {
        StepState::Waiting
    } else if has(StepState::Succeeded) {
        StepState::Succeeded
    } else {
        StepState::Skipped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_shows_before_anything_else() {
        use StepState::{Failed, Running, Skipped, Succeeded, Waiting};
        assert_eq!(joined([Succeeded, Failed, Running].into_iter()), Failed);
        assert_eq!(joined([Succeeded, Waiting].into_iter()), Running);
        assert_eq!(joined([Waiting, Waiting].into_iter()), Waiting);
        assert_eq!(joined([Succeeded, Skipped].into_iter()), Succeeded);
        assert_eq!(joined([Skipped].into_iter()), Skipped);
    }
}
