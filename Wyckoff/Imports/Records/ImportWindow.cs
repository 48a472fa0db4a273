using NpgsqlTypes;
using Wyckoff.Primitives;

namespace Wyckoff.Imports.Records;

/// <summary>The bars of an import in one window.</summary>
internal sealed record ImportWindow
{
    public required long ImportId { get; init; }

    public required int TickerId { get; init; }

    public required Timeframe Timeframe { get; init; }

    /// <summary>The order of the imports of a window.</summary>
    public long Seq { get; init; }

    /// <summary>From the first bar of the file to the close of the last.</summary>
    public required NpgsqlRange<DateTimeOffset> Range { get; init; }

    /// <summary>The ranges that the import added to the coverage of files.</summary>
    public required NpgsqlRange<DateTimeOffset>[] Covered { get; init; }
}
