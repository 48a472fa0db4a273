using System.ComponentModel.DataAnnotations;

namespace Wyckoff.Ingestor.Sync;

internal sealed class FeedOptions
{
    public const string Section = "Wyckoff:Feeds";

    /// <summary>How many feeds one instance works on at a time. What it does not get to, another instance takes.</summary>
    [Range(1, 100)]
    public int Concurrency { get; set; } = 4;

    /// <summary>How often it looks whether something is due.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:10:00")]
    public TimeSpan Poll { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Gaps asked for in one run of a feed: holes that a provider cannot fill must not use up its limit.</summary>
    [Range(1, 10_000)]
    public int MaxGaps { get; set; } = 100;

    /// <summary>How long rows of <c>data_sync_log</c> are kept; the last of a ticker and timeframe always is.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan KeepLog { get; set; } = TimeSpan.FromDays(30);

    /// <summary>A folder whose files are imported when they appear or change; none, nothing is watched.</summary>
    public string? Folder { get; set; }

    [Range(typeof(TimeSpan), "00:00:00.010", "1.00:00:00")]
    public TimeSpan FolderPoll { get; set; } = TimeSpan.FromSeconds(5);
}
