namespace Wyckoff.Primitives;

/// <summary>Why a text cannot be parsed as an amount.</summary>
internal enum NumberFault
{
    None,
    Empty,
    NotANumber,
    TooPrecise,
    TooLarge,
}
