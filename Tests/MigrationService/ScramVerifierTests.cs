using Wyckoff.MigrationService;

namespace Wyckoff.Tests.MigrationService;

public sealed class ScramVerifierTests
{
    private const string Salt = "W22ZaJ0SNY7soEsUEjb6gQ==";

    /// <summary>The keys for the example in RFC 7677: its ServerSignature and ClientProof follow from them.</summary>
    private const string Keys = "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

    private const string Example = $"SCRAM-SHA-256$4096:{Salt}${Keys}";

    [Fact]
    public void The_verifier_matches_the_example_of_the_standard() =>
        Assert.Equal(Example, ScramVerifier.Create("pencil", Convert.FromBase64String(Salt), 4096));

    [Fact]
    public void Each_verifier_of_a_password_is_different_and_all_of_them_match()
    {
        var (one, other) = (ScramVerifier.Create("pencil"), ScramVerifier.Create("pencil"));
        Assert.NotEqual(one, other);
        Assert.All([one, other, Example], verifier => Assert.True(ScramVerifier.Matches(verifier, "pencil")));
        Assert.All([one, other, Example], verifier => Assert.False(ScramVerifier.Matches(verifier, "Pencil")));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("md5c0d8e5d4b5d5b3d1a3b1e1b0a8b5e1f0")]
    [InlineData($"SCRAM-SHA-512$4096:{Salt}${Keys}")]
    public void Other_kinds_of_verifiers_match_no_password(string? stored) => Assert.False(ScramVerifier.Matches(stored, "pencil"));
}
