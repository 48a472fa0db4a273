namespace Wyckoff.Bars.Reading;

/// <summary>What is put where bars are missing.</summary>
public enum GapFill
{
    None,

    /// <summary>A bar without amounts.</summary>
    Null,

    /// <summary>The last close before.</summary>
    Previous,

    /// <summary>A straight line from the last close before to the first after.</summary>
    Linear,
}
