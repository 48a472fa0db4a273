using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Npgsql.NameTranslation;

namespace Wyckoff.Findings;

public enum WyckoffPhase
{
    A,
    B,
    C,
    D,
    E,
}

/// <summary>The events one may trade on.</summary>
public enum PatternType
{
    Spring,
    Sos,
    Lps,
    St,
    Ut,
    Utad,
    Sow,
    Lpsy,
}

public enum TradeSide
{
    Long,
    Short,
}

public enum SignalStatus
{
    Pending,
    Approved,
    Rejected,
    Filled,
    Stopped,
    TargetHit,
    Expired,
    Cancelled,
}

public enum CampaignStatus
{
    Active,
    Markup,
    Completed,
    Invalidated,
}

public enum PositionStatus
{
    Open,
    Closed,
}

public enum ExitOrderType
{
    PartialExit,
    StopLoss,
    Invalidation,
}

public enum WatchPriority
{
    Low,
    Medium,
    High,
}

/// <summary>Closed sets are stored as the upper-case words of the documents (<c>TARGET_HIT</c>), with a check that lists them.</summary>
internal static class Words
{
    public static string Of<T>(T value)
        where T : struct, Enum => NpgsqlSnakeCaseNameTranslator.ConvertToSnakeCase(value.ToString()).ToUpperInvariant();

    /// <summary>The condition of the check.</summary>
    public static string Among<T>(string column)
        where T : struct, Enum => $"{column} IN ({string.Join(", ", Enum.GetValues<T>().Select(value => $"'{Of(value)}'"))})";

    public static PropertyBuilder<T> AsWord<T>(this PropertyBuilder<T> property, int maxLength)
        where T : struct, Enum => property.HasMaxLength(maxLength).HasConversion(Conversion<T>.Instance);

    public static PropertyBuilder<T?> AsWord<T>(this PropertyBuilder<T?> property, int maxLength)
        where T : struct, Enum => property.HasMaxLength(maxLength).HasConversion(Conversion<T>.Instance);

    private static class Conversion<T>
        where T : struct, Enum
    {
        private static readonly Dictionary<T, string> _words = Enum.GetValues<T>().ToDictionary(value => value, Of);
        private static readonly Dictionary<string, T> _values = _words.ToDictionary(
            pair => pair.Value,
            pair => pair.Key,
            StringComparer.Ordinal
        );

        public static readonly ValueConverter<T, string> Instance = new(value => _words[value], word => _values[word]);
    }
}
