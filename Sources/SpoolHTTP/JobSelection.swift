internal import SpoolModel

/// The jobs that a `status` of `list-jobs.json` selects.
struct JobSelection: Hashable, Sendable {
    static let expected = "one of SCHEDULED, PENDING, RUNNING, SUCCESSFUL, FAILED, CANCELED, ACTIVE, COMPLETED, ALL"

    private static let finalStates = Set(JobState.allCases.filter(\.isFinal))

    /// All jobs.
    static let all = JobSelection(states: Set(JobState.allCases))

    /// The states of its jobs: all, all final ones, all others, or a single one.
    let states: Set<JobState>

    private init(states: Set<JobState>) { self.states = states }

    /// The selection for a word; nil for an unknown one.
    init?(_ word: String) {
        switch word {
        case "ALL": self = .all
        case "ACTIVE": states = Set(JobState.allCases).subtracting(JobSelection.finalStates)
        case "COMPLETED": states = JobSelection.finalStates
        default:
            guard let state = JobState(rawValue: word) else { return nil }
            states = [state]
        }
    }

    /// Whether some of its jobs have ended.
    var isFinal: Bool { !states.isDisjoint(with: JobSelection.finalStates) }

    /// Whether it includes all final states.
    var isAllFinal: Bool { states.isSuperset(of: JobSelection.finalStates) }
}
