namespace Linkerd.Tcp.Cli.Statistics;

/// <summary>The measurements of one instrument with one set of tags.</summary>
internal abstract class Series
{
    private readonly KeyValuePair<string, object?>[] _tags;

    protected Series(KeyValuePair<string, object?>[] tags)
    {
        _tags = tags;
        Label = tags.Length == 0 ? string.Empty : "{" + string.Join(',', tags.Select(tag => $"{tag.Key}={tag.Value}")) + "}";
    }

    /// <summary>The tags, printed.</summary>
    public string Label { get; }

    /// <summary>True if an observable instrument reported it when it was last read.</summary>
    public bool IsCurrent { get; set; } = true;

    /// <summary>Returns true if the tags are these, in this order; an instrument is recorded with its tags in one order.</summary>
    public bool Has(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.Length != _tags.Length)
        {
            return false;
        }

        for (var i = 0; i < tags.Length; i++)
        {
            if (!string.Equals(tags[i].Key, _tags[i].Key, StringComparison.Ordinal) || !Equals(tags[i].Value, _tags[i].Value))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Takes a measurement in. Any thread; allocates nothing.</summary>
    public abstract void Record(double value);

    /// <summary>Gets the report for one interval. One thread at a time.</summary>
    public abstract string Report(TimeSpan interval);
}
