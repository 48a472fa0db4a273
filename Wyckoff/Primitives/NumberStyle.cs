namespace Wyckoff.Primitives;

/// <summary>The number format of a source.</summary>
/// <param name="Point">The decimal separator.</param>
/// <param name="Group">The thousands separator; 0 if there is none.</param>
internal readonly record struct NumberStyle(byte Point, byte Group)
{
    /// <summary>Numbers written by people or spreadsheets: surrounding blanks and a currency sign are allowed.</summary>
    public static readonly NumberStyle Plain = new((byte)'.', 0);

    /// <summary>Numbers written by programs: blanks and currency signs are refused.</summary>
    public static readonly NumberStyle Bare = Plain with { IsBare = true };

    public bool IsBare { get; private init; }
}
