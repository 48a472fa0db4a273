using System.ComponentModel.DataAnnotations;

namespace Wyckoff.Ingestor.Maintenance;

/// <summary>The options in section <c>Wyckoff:Maintenance</c>.</summary>
internal sealed class MaintenanceOptions
{
    public const string Section = "Wyckoff:Maintenance";

    /// <summary>The time from the end of one round to the start of the next.</summary>
    [Range(
        typeof(TimeSpan),
        "00:00:10",
        "1.00:00:00",
        ErrorMessage = "Wyckoff:Maintenance:Every is a time span from 00:00:10 to 1.00:00:00."
    )]
    public TimeSpan Every { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long the values that an import replaced are kept, for undoing it.</summary>
    [Range(
        typeof(TimeSpan),
        "00:00:00",
        "36500.00:00:00",
        ErrorMessage = "Wyckoff:Maintenance:KeepReplaced is a time span from 00:00:00 to 36500.00:00:00."
    )]
    public TimeSpan KeepReplaced { get; set; } = TimeSpan.FromDays(30);
}
