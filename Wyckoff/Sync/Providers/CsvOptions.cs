using System.ComponentModel.DataAnnotations;

namespace Wyckoff.Sync.Providers;

/// <summary>Daily bars as CSV over HTTP, as Stooq offers them. The provider is there when it has an address.</summary>
public sealed class CsvOptions
{
    public const string Section = "Wyckoff:Providers:Csv";

    [Required, RegularExpression("[a-z0-9_-]{1,20}")]
    public string Name { get; set; } = "stooq";

    /// <summary>
    /// With {symbol} or {symbol:lower}, {from} and {to} (the last day wanted) in it; days are written as <see cref="DateFormat"/> says. For example
    /// <c>https://stooq.com/q/d/l/?s={symbol:lower}.us&amp;d1={from}&amp;d2={to}&amp;i=d</c>.
    /// </summary>
    [RegularExpression("https?://.*\\{symbol(:lower)?\\}.*")]
    public string? Url { get; set; }

    [Required]
    public string DateFormat { get; set; } = "yyyyMMdd";

    [Range(1, 100_000)]
    public int RequestsPerMinute { get; set; } = 30;

    public RetryOptions Retry { get; set; } = new();
}
