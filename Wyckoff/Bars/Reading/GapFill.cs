namespace Wyckoff.Bars.Reading;

/// <summary>How gaps between bars are filled.</summary>
public enum GapFill
{
    None,

    /// <summary>With bars whose fields are all NULL.</summary>
    Null,

    /// <summary>With the close of the last bar before the gap.</summary>
    Previous,

    /// <summary>With a straight line from the close before the gap to the close after it.</summary>
    Linear,
}
