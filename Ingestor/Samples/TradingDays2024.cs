namespace Wyckoff.Ingestor.Samples;

/// <summary>The 252 sessions of the New York Stock Exchange in 2024, for the generator of the sample data.</summary>
internal static class TradingDays2024
{
    private static readonly DateOnly[] _holidays =
    [
        new(2024, 1, 1),
        new(2024, 1, 15),
        new(2024, 2, 19),
        new(2024, 3, 29),
        new(2024, 5, 27),
        new(2024, 6, 19),
        new(2024, 7, 4),
        new(2024, 9, 2),
        new(2024, 11, 28),
        new(2024, 12, 25),
    ];

    private static readonly DateOnly[] _earlyCloses = [new(2024, 7, 3), new(2024, 11, 29), new(2024, 12, 24)];

    public static IReadOnlyList<DateOnly> All { get; } =
    [
        .. Enumerable
            .Range(0, 366)
            .Select(day => new DateOnly(2024, 1, 1).AddDays(day))
            .Where(day => day.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday) && !_holidays.Contains(day)),
    ];

    /// <summary>Returns the minutes of a session: 09:30 to 16:00 in New York, or to 13:00 on an early close.</summary>
    public static int MinutesOf(DateOnly session) => IsEarlyClose(session) ? 210 : 390;

    public static bool IsEarlyClose(DateOnly session) => _earlyCloses.Contains(session);
}
