namespace Linkerd.Tcp.Naming.Files;

/// <summary>What is done about one place.</summary>
internal sealed partial class FileTree
{
    private bool Look(FileNode node, bool isNew)
    {
        var hasChanged = Visit(node, isNew);
        if (node.Candidate is null)
        {
            _unsettled.Remove(node);
        }
        else
        {
            _unsettled.Add(node);
        }

        return hasChanged;
    }

    // Whether its state has changed. A place that is new here is not made to wait for what the age of the file already tells.
    private bool Visit(FileNode node, bool isNew)
    {
        var now = _time.GetTimestamp();
        var stamp = _files.Stat(node.Path);
        node.IsBehindLink = node.Parent is { } parent && (stamp.IsLink || parent.IsBehindLink);
        var seen = stamp.OfContent;
        if (!isNew && seen == node.Applied && !node.IsUnread)
        {
            node.Candidate = null;
            return false;
        }

        if (node.Candidate is null)
        {
            node.ChangedSince = now;
        }

        if (node.Candidate != seen)
        {
            node.Candidate = seen;
            node.CandidateSince = now;
        }

        var isForced = Since(node.ChangedSince, now) >= _options.MaxSettleTime;
        return (isForced || Since(node.CandidateSince, now) >= _options.SettleTime || (isNew && IsOld(seen))) && Apply(node, seen, isForced);
    }

    private bool IsOld(FileStamp stamp) => stamp.Kind != FileKind.File || _time.GetUtcNow() - stamp.Modified >= _options.SettleTime;

    private bool Apply(FileNode node, FileStamp seen, bool isForced)
    {
        var before = node.State;
        switch (seen.Kind)
        {
            case FileKind.File:
                return ApplyFile(node, seen, isForced);
            case FileKind.Broken when before.Kind is FileKind.File or FileKind.Directory:
                // What cannot be told any more is taken to be as it was.
                node.State = before with { Error = seen.Error };
                break;
            case FileKind.Broken:
                node.State = new FileState(FileKind.Broken, null, seen.Error);
                break;
            default:
                node.State = seen.Kind == FileKind.Directory ? FileState.Directory : FileState.Missing;
                break;
        }

        node.IsUnread = false;
        return Done(node, seen, before);
    }

    private bool ApplyFile(FileNode node, FileStamp seen, bool isForced)
    {
        var before = node.State;
        try
        {
            var content = EndpointFileParser.Parse(_files.Read(node.Path, EndpointFileParser.MaxBytes + 1));
            var after = _files.Stat(node.Path).OfContent;
            if (after != seen && !isForced)
            {
                node.Candidate = after;
                node.CandidateSince = _time.GetTimestamp();
                return false;
            }

            // Of a file that is written again and again, the moment between emptying and writing is not the one to take.
            if (isForced && content.Endpoints.IsEmpty && Since(node.ChangedSince, _time.GetTimestamp()) < 2 * _options.MaxSettleTime)
            {
                return false;
            }

            node.IsUnread = false;
            node.State = before is { Kind: FileKind.File, Error: null } && content.Equals(before.Content) ? before : new FileState(FileKind.File, content);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Gone since it was looked at; the next look tells.
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            node.IsUnread = true;
            node.State = new FileState(FileKind.File, before.Content, $"the file cannot be read: {e.Message}");
        }

        return Done(node, seen, before);
    }

    private bool Done(FileNode node, FileStamp seen, FileState before)
    {
        node.Applied = seen;
        node.Candidate = null;
        if (node.State == before)
        {
            node.State = before;
            return false;
        }

        Report(node, before);
        return true;
    }

    private void Report(FileNode node, FileState before)
    {
        var (logger, state) = (_options.Logger, node.State);
        if (state.Error is not null)
        {
            Log.CannotRead(logger, node.Path, state.Error);
        }
        else if (state.Content is { Error: { } error } content)
        {
            Log.Malformed(logger, node.Path, content.ErrorLine, error);
        }
        else if (state.Content is not null)
        {
            Log.Applied(logger, node.Path, state.Content.Endpoints.Length);
        }
        else if (node == _root && state.Kind == FileKind.Missing && before.Kind != FileKind.Unknown)
        {
            Log.DirectoryMissing(logger, node.Path);
        }
        else
        {
            Log.Place(logger, node.Path, state.Kind);
        }
    }
}
