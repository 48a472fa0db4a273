namespace Wyckoff.Ingestor.Maintenance;

/// <summary>What one round did. <paramref name="Elsewhere"/>: nothing, because another instance is at it.</summary>
internal sealed record MaintenanceReport(bool Elsewhere, IReadOnlyList<MaintenanceStep> Steps)
{
    public IEnumerable<MaintenanceStep> Failed => Steps.Where(step => step.Fault is not null);

    /// <summary>Nothing was left undone: here, or by the instance that is at it.</summary>
    public bool Succeeded => !Failed.Any();
}

/// <summary>A step with what it did, or why it did not.</summary>
internal sealed record MaintenanceStep(string Name, string Done, string? Fault = null);
