package workflows

// Steps are the names of the steps at which a filing can be stuck, in the order of a
// filing's life; their texts are below "stuck." of the locale files.
func Steps() (names []string) {
	for _, channel := range channels {
		names = append(names, sendStep(channel).name)
	}
	for _, s := range []step{stepQueueRecord, stepInstall, stepCheckSite} {
		names = append(names, s.name)
	}
	for _, channel := range channels {
		names = append(names, notifyStep(channel).name)
	}
	return names
}
