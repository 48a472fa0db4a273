namespace Wyckoff.Trading.Strategies;

/// <summary>A strategy in the catalogue that probe runs test over historical bars.</summary>
public sealed class ProbeStrategy
{
    private ProbeStrategy() { }

    public ProbeStrategy(string name, string displayName, string strategyType, string direction, string details = "{}") =>
        (Name, DisplayName, StrategyType, Direction, Details) = (name, displayName, strategyType, direction, details);

    public Guid Id { get; private set; } = Guid.CreateVersion7();

    public string Name { get; private set; } = "";

    public string DisplayName { get; private set; } = "";

    public string? Philosophy { get; private set; }

    public string StrategyType { get; private set; } = "";

    public string Direction { get; private set; } = "both";

    /// <summary>JSON.</summary>
    public string Details { get; private set; } = "{}";

    public bool IsActive { get; private set; } = true;

    public int Version { get; private set; } = 1;

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }

    public void Revise(string details, string? philosophy) => (Details, Philosophy) = (details, philosophy);

    public void Deactivate() => IsActive = false;
}
