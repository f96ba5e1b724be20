/// The names of the days of the week and of the months.
enum CalendarNames {
    /// From Monday, as `CivilTime.weekday` counts.
    static let weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

    /// From January.
    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
}
