namespace Wyckoff.Bars.Reading;

/// <summary>Takes bars, oldest first.</summary>
public interface IBarSink
{
    void Add(in BarRow row);

    /// <summary>There are no more.</summary>
    void End();
}
