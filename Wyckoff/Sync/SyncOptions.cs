using System.ComponentModel.DataAnnotations;

namespace Wyckoff.Sync;

/// <summary>Options of the sync: section <c>Wyckoff:Sync</c>.</summary>
public sealed class SyncOptions
{
    public const string Section = "Wyckoff:Sync";

    /// <summary>The default provider; if not set, the only configured one.</summary>
    [MaxLength(20)]
    public string? Provider { get; set; }

    /// <summary>Whether the answers of providers are kept, compressed, in <c>market.sync_payloads</c>.</summary>
    public bool KeepPayloads { get; set; } = true;

    /// <summary>
    /// Bars that closed more recently than this may still be corrected, so they are requested again. The minimum is the width of a bar.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "7.00:00:00")]
    public TimeSpan Settling { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>The duration of leases: how long the work of a dead process stays reserved for it.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);
}
