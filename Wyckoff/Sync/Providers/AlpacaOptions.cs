using System.ComponentModel.DataAnnotations;

namespace Wyckoff.Sync.Providers;

/// <summary>Alpaca's market data. The provider is there when both keys are.</summary>
public sealed class AlpacaOptions
{
    public const string Section = "Wyckoff:Providers:Alpaca";

    public string? KeyId { get; set; }

    public string? SecretKey { get; set; }

    [Required]
    public Uri Url { get; set; } = new("https://data.alpaca.markets");

    /// <summary>iex (free), sip, otc, boats …</summary>
    [Required, RegularExpression("[a-z_]{1,20}")]
    public string Feed { get; set; } = "iex";

    /// <summary>raw, split, dividend or all.</summary>
    [Required, RegularExpression("raw|split|dividend|all|spin-off")]
    public string Adjustment { get; set; } = "raw";

    [Range(1, 100_000)]
    public int RequestsPerMinute { get; set; } = 200;

    /// <summary>Bars per answer.</summary>
    [Range(1, 10_000)]
    public int PageSize { get; set; } = 10_000;

    /// <summary>Bars younger than this are not asked for: the free plan refuses the last 15 minutes of feed sip.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "7.00:00:00")]
    public TimeSpan Delay { get; set; }

    public RetryOptions Retry { get; set; } = new();
}
