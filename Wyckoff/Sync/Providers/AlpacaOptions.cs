using System.ComponentModel.DataAnnotations;

namespace Wyckoff.Sync.Providers;

/// <summary>Options of Alpaca's market data: section <c>Wyckoff:Providers:Alpaca</c>. The provider exists if both keys are set.</summary>
public sealed class AlpacaOptions
{
    public const string Section = "Wyckoff:Providers:Alpaca";

    public string? KeyId { get; set; }

    public string? SecretKey { get; set; }

    [Required]
    public Uri Url { get; set; } = new("https://data.alpaca.markets");

    /// <summary>The data feed: iex (free), sip, otc, boats …</summary>
    [Required, RegularExpression("[a-z_]{1,20}")]
    public string Feed { get; set; } = "iex";

    /// <summary>The adjustment of prices: raw, split, dividend, all or spin-off.</summary>
    [Required, RegularExpression("raw|split|dividend|all|spin-off")]
    public string Adjustment { get; set; } = "raw";

    [Range(1, 100_000)]
    public int RequestsPerMinute { get; set; } = 200;

    /// <summary>The maximum of bars per answer.</summary>
    [Range(1, 10_000)]
    public int PageSize { get; set; } = 10_000;

    /// <summary>Bars younger than this are not requested. The free plan refuses the last 15 minutes of the data feed sip.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "7.00:00:00")]
    public TimeSpan Delay { get; set; }

    public RetryOptions Retry { get; set; } = new();
}
