namespace Wyckoff.Parquet;

/// <summary>The powers of ten from 10^0 to 10^38.</summary>
internal static class PowersOfTen
{
    /// <summary>The exponent of the largest power that an Int128 holds.</summary>
    public const int Largest = 38;

    private static readonly UInt128[] Table = Powers();

    public static UInt128 Of(int exponent) => Table[exponent];

    private static UInt128[] Powers()
    {
        var powers = new UInt128[Largest + 1];
        powers[0] = 1;
        for (var exponent = 1; exponent <= Largest; exponent++)
        {
            powers[exponent] = powers[exponent - 1] * 10;
        }

        return powers;
    }
}
