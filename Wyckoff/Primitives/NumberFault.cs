namespace Wyckoff.Primitives;

/// <summary>Why a text is not taken for an amount.</summary>
internal enum NumberFault
{
    None,
    Empty,
    NotANumber,
    TooPrecise,
    TooLarge,
}
