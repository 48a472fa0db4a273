namespace Wyckoff.Primitives;

/// <summary>How numbers are written.</summary>
/// <param name="Point">The mark before the decimals.</param>
/// <param name="Group">The mark between thousands; 0 where there is none.</param>
internal readonly record struct NumberStyle(byte Point, byte Group)
{
    /// <summary>As a person or a spreadsheet writes them, so perhaps with blanks around them and a currency sign.</summary>
    public static readonly NumberStyle Plain = new((byte)'.', 0);

    /// <summary>As a program writes them: nothing but the number.</summary>
    public static readonly NumberStyle Bare = Plain with { IsBare = true };

    public bool IsBare { get; private init; }
}
