package bureau

// Unpack verifies a zip's hash (base64 of MD5) and returns its only entry.
func Unpack(zipped []byte, hash string) ([]byte, error) {
	if err := compareHash(zipped, hash); err != nil {
		return nil, err
	}
	return Unzip(zipped)
}

// ParseReturn parses the string that a method returns.
func ParseReturn(text string) (Answer, error) {
	a, _, err := parseReturn(text)
	return a, err
}
