using System.ComponentModel.DataAnnotations;

namespace Wyckoff.Sync.Providers;

/// <summary>Options of a provider of daily bars as CSV over HTTP, such as Stooq. The provider exists if <see cref="Url"/> is set.</summary>
public sealed class CsvOptions
{
    public const string Section = "Wyckoff:Providers:Csv";

    [Required, RegularExpression("[a-z0-9_-]{1,20}")]
    public string Name { get; set; } = "stooq";

    /// <summary>
    /// The address, with the placeholders {symbol} or {symbol:lower}, {from} and {to} (the last day). Days have the format <see
    /// cref="DateFormat"/>. For example <c>https://stooq.com/q/d/l/?s={symbol:lower}.us&amp;d1={from}&amp;d2={to}&amp;i=d</c>.
    /// </summary>
    [RegularExpression("https?://.*\\{symbol(:lower)?\\}.*")]
    public string? Url { get; set; }

    [Required]
    public string DateFormat { get; set; } = "yyyyMMdd";

    [Range(1, 100_000)]
    public int RequestsPerMinute { get; set; } = 30;

    public RetryOptions Retry { get; set; } = new();
}
