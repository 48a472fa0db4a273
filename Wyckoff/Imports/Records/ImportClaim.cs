using NpgsqlTypes;
using Wyckoff.Primitives;

namespace Wyckoff.Imports.Records;

/// <summary>Bars of one window that an import found stored by another import, with the same values.</summary>
internal sealed record ImportClaim
{
    public required long ImportId { get; init; }

    public required int TickerId { get; init; }

    public required Timeframe Timeframe { get; init; }

    /// <summary>The import that the stored bars are from.</summary>
    public required long HolderId { get; init; }

    public required NpgsqlRange<DateTimeOffset>[] Ranges { get; init; }
}
