//! What was pushed to a process and not read yet, as far as anybody can know.
//!
//! A connection may be dead long before we notice, and whatever is pushed into it until then is lost. So a push counts as
//! read only when a ping that was sent after it was answered on the same socket; what was not read is told again when the
//! process comes with another socket.

use std::sync::Arc;

use matchwright_hosting::PushKind;
use matchwright_model::GameSessionId;

/// A socket that is dead for long is dropped; until then no more than this of it is kept.
const KEPT: usize = 16;

/// In the order in which they were pushed.
#[derive(Default)]
pub(super) struct Unread {
    pushes: Vec<Unsure>,
    pushed: u64,
}

struct Unsure {
    socket: u64,
    number: u64,
    push: Arc<PushKind>,
}

impl Unread {
    /// The number of a push that leaves through a socket.
    pub fn push(&mut self, socket: u64, push: &Arc<PushKind>) -> u64 {
        self.pushed += 1;
        if self.pushes.len() >= KEPT
            && let Some(oldest) = self.pushes.iter().position(|one| is_update(&one.push))
        {
            self.pushes.remove(oldest);
        }
        self.pushes.push(Unsure { socket, number: self.pushed, push: push.clone() });
        self.pushed
    }

    /// A socket answered the ping that followed this push.
    pub fn read(&mut self, socket: u64, number: u64) {
        self.pushes.retain(|one| one.socket != socket || one.number > number);
        self.pushes.shrink_to_fit();
    }

    pub fn holds_game(&self, id: &GameSessionId) -> bool {
        self.pushes
            .iter()
            .any(|one| matches!(&*one.push, PushKind::CreateSession(session) if session.id == *id))
    }

    /// All but games, of which the realm knows better whether they are still to be started.
    pub fn take(&mut self) -> Vec<PushKind> {
        let all = std::mem::take(&mut self.pushes).into_iter().map(|one| Arc::unwrap_or_clone(one.push));
        all.filter(|push| !matches!(push, PushKind::CreateSession(_))).collect()
    }
}

fn is_update(push: &PushKind) -> bool {
    matches!(push, PushKind::UpdateSession { .. })
}

#[cfg(test)]
mod tests {
    use matchwright_model::Timestamp;

    use super::*;

    fn terminate(by: u64) -> Arc<PushKind> {
        Arc::new(PushKind::Terminate { by: Timestamp(by) })
    }

    #[test]
    fn an_answer_of_a_socket_counts_for_what_left_through_it_before() {
        let mut unread = Unread::default();
        let [first, _, third] =
            [(1, 10), (2, 20), (1, 30)].map(|(socket, by)| unread.push(socket, &terminate(by)));
        unread.read(1, first);
        unread.read(2, first);
        let left = |unread: &Unread| unread.pushes.iter().map(|one| one.number).collect::<Vec<_>>();
        assert_eq!(left(&unread), [2, 3], "a later one, and one of another socket");
        unread.read(1, third);
        assert_eq!(unread.take(), [PushKind::Terminate { by: Timestamp(20) }]);
        assert_eq!(unread.take(), []);
    }
}
