namespace Wyckoff.Ingestor.Maintenance;

/// <summary>
/// The result of a round. If <paramref name="Elsewhere"/> is true, the round did nothing because another instance was running one.
/// </summary>
internal sealed record MaintenanceReport(bool Elsewhere, IReadOnlyList<MaintenanceStep> Steps)
{
    public IEnumerable<MaintenanceStep> Failed => Steps.Where(step => step.Fault is not null);

    /// <summary>True if no step failed. A round that runs in another instance counts as a success here.</summary>
    public bool Succeeded => !Failed.Any();
}

/// <summary>A step of a round: what it did, or why it failed or was skipped.</summary>
internal sealed record MaintenanceStep(string Name, string Done, string? Fault = null);
