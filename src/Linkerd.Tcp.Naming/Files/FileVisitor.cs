using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Naming.Files;

/// <summary>Examines the places of a <see cref="FileTree"/>: reads their content, and applies it once it has settled.</summary>
/// <param name="options">The options, a private copy of the namer.</param>
/// <param name="files">The file system of the places.</param>
internal sealed partial class FileVisitor(FileNamerOptions options, IFileSystem files)
{
    private readonly TimeProvider _time = options.TimeProvider;

    /// <summary>Examines a place, and applies its content if it has been unchanged for long enough. The caller holds the lock of the tree.</summary>
    /// <param name="node">The place.</param>
    /// <param name="isNew">True if the place is new to the tree: then the age of the file can take the place of a wait.</param>
    /// <returns>True if the state of the place has changed.</returns>
    public bool Visit(FileNode node, bool isNew)
    {
        var now = _time.GetTimestamp();
        var stamp = files.Stat(node.Path);
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

        var isForced = Since(node.ChangedSince, now) >= options.MaxSettleTime;
        return (isForced || Since(node.CandidateSince, now) >= options.SettleTime || (isNew && IsOld(seen))) && Apply(node, seen, isForced);
    }

    private bool IsOld(FileStamp stamp) => stamp.Kind != FileKind.File || _time.GetUtcNow() - stamp.Modified >= options.SettleTime;

    private bool Apply(FileNode node, FileStamp seen, bool isForced)
    {
        var before = node.State;
        switch (seen.Kind)
        {
            case FileKind.File:
                return ApplyFile(node, seen, isForced);
            case FileKind.Broken when before.Kind is FileKind.File or FileKind.Directory:
                // A place that cannot be examined anymore keeps its state.
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
            var content = EndpointFileParser.Parse(files.Read(node.Path, EndpointFileParser.MaxBytes + 1));
            var after = files.Stat(node.Path).OfContent;
            if (after != seen && !isForced)
            {
                node.Candidate = after;
                node.CandidateSince = _time.GetTimestamp();
                return false;
            }

            // A file that is written repeatedly may be read between its truncation and the next write; that content is not used.
            if (isForced && content.Endpoints.IsEmpty && Since(node.ChangedSince, _time.GetTimestamp()) < 2 * options.MaxSettleTime)
            {
                return false;
            }

            node.IsUnread = false;
            node.State = before is { Kind: FileKind.File, Error: null } && content.Equals(before.Content) ? before : new FileState(FileKind.File, content);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Deleted since it was examined; the next visit finds that.
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

        Report(node);
        return true;
    }

    private void Report(FileNode node)
    {
        var (logger, state) = (options.Logger, node.State);
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
        else if (node.Parent is null && state.Kind == FileKind.Missing)
        {
            Log.DirectoryMissing(logger, node.Path);
        }
        else
        {
            Log.Place(logger, node.Path, state.Kind);
        }
    }

    private TimeSpan Since(long then, long now) => _time.GetElapsedTime(then, now);

    private static partial class Log
    {
        [LoggerMessage(2080, LogLevel.Debug, "{File}: {Count} addresses", EventName = "FileApplied")]
        public static partial void Applied(ILogger logger, string file, int count);

        [LoggerMessage(2081, LogLevel.Warning, "{File}, line {Line}: {Error}; its last good addresses stay", EventName = "FileMalformed")]
        public static partial void Malformed(ILogger logger, string file, int line, string error);

        [LoggerMessage(2082, LogLevel.Warning, "{File}: {Error}; its last good addresses stay", EventName = "FileCannotBeRead")]
        public static partial void CannotRead(ILogger logger, string file, string error);

        [LoggerMessage(2083, LogLevel.Debug, "{File}: {Kind}", EventName = "FilePlaceChanged")]
        public static partial void Place(ILogger logger, string file, FileKind kind);

        [LoggerMessage(2084, LogLevel.Warning, "The directory {Directory} does not exist: its names are negative until it does", EventName = "FileDirectoryMissing")]
        public static partial void DirectoryMissing(ILogger logger, string directory);
    }
}
