using System.ComponentModel.DataAnnotations;

namespace Wyckoff.Sync;

public sealed class SyncOptions
{
    public const string Section = "Wyckoff:Sync";

    /// <summary>The provider that is asked where none is named; without it, the only one that is configured.</summary>
    [MaxLength(20)]
    public string? Provider { get; set; }

    /// <summary>Keep what providers send, compressed, in <c>market.sync_payloads</c>.</summary>
    public bool KeepPayloads { get; set; } = true;

    /// <summary>What has closed more recently than this may still be corrected, so it is asked for again. At least the width of a bar, whatever is said here.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "7.00:00:00")]
    public TimeSpan Settling { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How long a process that has died keeps others from its work.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);
}
