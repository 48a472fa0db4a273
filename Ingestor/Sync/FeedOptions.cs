using System.ComponentModel.DataAnnotations;

namespace Wyckoff.Ingestor.Sync;

/// <summary>Options of the feed worker and the import folder: section <c>Wyckoff:Feeds</c>.</summary>
internal sealed class FeedOptions
{
    public const string Section = "Wyckoff:Feeds";

    /// <summary>The maximum of feeds that a replica syncs concurrently. Other replicas take the rest.</summary>
    [Range(1, 100)]
    public int Concurrency { get; set; } = 4;

    /// <summary>How often the worker checks for due feeds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:10:00")]
    public TimeSpan Poll { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The maximum of gaps to fetch in one sync of a feed. Gaps that a provider cannot fill must not use up its rate limit.
    /// </summary>
    [Range(1, 10_000)]
    public int MaxGaps { get; set; } = 100;

    /// <summary>How long rows of <c>data_sync_log</c> are kept, except the newest of each ticker and timeframe.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan KeepLog { get; set; } = TimeSpan.FromDays(30);

    /// <summary>A folder whose files are imported when they appear or change; if not set, no folder is watched.</summary>
    public string? Folder { get; set; }

    [Range(typeof(TimeSpan), "00:00:00.010", "1.00:00:00")]
    public TimeSpan FolderPoll { get; set; } = TimeSpan.FromSeconds(5);
}
